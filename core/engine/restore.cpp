// SPDX-License-Identifier: Apache-2.0
// What outlives the process: which devices are to be written down, and how one that was remembered goes on
// with its first reading as if somebody had looked all the time.
#include "engine/impl.hpp"

namespace dmev {
namespace {

constexpr const char* kKind = "device";

// Above whatever an earlier instance told and had not remembered yet (of the program itself, of devices that
// are gone), so that no two events have one id though the clock be set back.
constexpr std::uint64_t kIdGap = 1 << 16;

} // namespace

std::vector<Remembered> Engine::Impl::changed() {
    std::vector<Remembered> rows;
    rows.reserve(unreadable.size() + touched.size());
    for (auto& key : unreadable) rows.push_back({kKind, std::move(key), ""});
    for (const auto number : touched) {
        const auto* device = registry.find(number);
        rows.push_back({kKind, number.text(), device ? remember(*device, judge.count()) : ""});
    }
    unreadable.clear();
    touched.clear();
    return rows;
}

std::vector<Error> Engine::Impl::restore(std::span<const Remembered> rows) {
    std::vector<Error> errors;
    std::uint64_t told = 0;
    const auto refuse = [&](const Remembered& row, Error error) {
        errors.push_back(std::move(error));
        unreadable.push_back(row.key);
    };
    const auto named = [](const Remembered& row, std::string why) {
        return Error{ErrorKind::failed, "what was remembered cannot be read", "device " + row.key,
                     std::move(why), "it is left out"};
    };
    for (const auto& row : rows) {
        if (row.kind != kKind || row.value.empty()) continue;
        const auto number = parse_devnum(row.key);
        if (!number || number->text() != row.key) {
            refuse(row, named(row, "its key is no device number"));
            continue;
        }
        if (registry.find(*number)) {
            errors.push_back(named(row, "it is there twice; the first one counts"));
            continue;
        }
        auto recalled = recall(row.value, *number, catalogue, claims);
        if (!recalled) {
            refuse(row, std::move(recalled).error());
            continue;
        }
        for (const auto& type : recalled->left_out)
            errors.push_back(named(row, "nobody raises '" + type + "' there any more"));
        recalled->device->awaited = true;
        registry.adopt(std::move(recalled->device));
        told = std::max(told, recalled->told);
        has_memory = true;
    }
    if (has_memory) judge.count_from(told + kIdGap);
    return errors;
}

// Nobody watched when what is seen now came about: of a device that was remembered, or that came meanwhile.
bool Engine::Impl::came_unwatched(const Device* device) const {
    if (device && device->awaited) return true;
    return has_memory && !baseline_done && (!device || !device->read);
}

// Is READING of the device that was remembered under its number? Without a diskseq on both sides names have
// to tell: event_nr of a living device does not go back, and who renames a device leaves it its uuid.
bool Engine::Impl::goes_on(const Device& device, const DeviceReading& reading) {
    const auto& was = device.id;
    const auto& is = reading.id;
    if (!device.awaited || (was.diskseq && is.diskseq)) return Registry::same_lifetime(device, is);
    if (device.read && static_cast<std::int32_t>(reading.event_nr - device.event_nr) < 0) return false;
    if (was.uuid == is.uuid) return was.name == is.name || !is.uuid.empty();
    return was.uuid.empty() && was.name == is.name; // it was given one
}

// The first reading of a device that was remembered; what it said of its target is looked at in any case,
// since the plugin's wish was not kept.
void Engine::Impl::welcome_back(Device& device, const Cause& cause) {
    device.awaited = false;
    bound_times(device, now, options);
    for (auto& target : device.targets) target.recalled = true;
    judge.core(device, {kNoTarget, &core_type("device.unresponsive"), ""}, false, {}, cause, false);
}

// Every device that is there was read by now, or does not answer.
void Engine::Impl::end_missing() {
    std::vector<Device*> missing;
    for (const auto& [number, device] : registry.all())
        if (device->awaited && !device->seen) missing.push_back(device.get());
    for (auto* device : missing) end_lifetime(*device, {"restart", 0, {}});
}

std::vector<Remembered> Engine::changed() { return impl_->changed(); }
bool Engine::has_changed() const { return !impl_->touched.empty(); }

void Engine::remember_all() {
    for (const auto& [number, device] : impl_->registry.all()) impl_->touched.insert(number);
}

std::vector<Error> Engine::restore(std::span<const Remembered> rows) { return impl_->restore(rows); }

} // namespace dmev
