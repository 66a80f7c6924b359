// SPDX-License-Identifier: Apache-2.0
// What the kernel said by uevent: path events in their order, the end of a lifetime, and hints.
#include <algorithm>
#include <charconv>

#include "engine/impl.hpp"

namespace dmev {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto end = text.data() + text.size();
    const auto r = std::from_chars(text.data(), end, value);
    if (text.empty() || r.ec != std::errc{} || r.ptr != end) return std::nullopt;
    return value;
}

bool has_word(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        if ((at == 0 || text[at - 1] == ' ') && (end == text.size() || text[end] == ' ')) return true;
    }
    return false;
}

// The target that the uevent is about: of its type, and with its path where several are.
const TargetState* target_of(const Device& device, const UeventReading& uevent) {
    const TargetState* first = nullptr;
    for (const auto& target : device.targets) {
        if (target.type != uevent["DM_TARGET"]) continue;
        if (has_word(target.last_status, uevent["DM_PATH"])) return &target;
        if (!first) first = &target;
    }
    return first;
}

// A uevent that does not give its numbers: the known device of its name, or of the disk in its path.
std::optional<DevNum> number_of(const UeventReading& uevent, const Registry& registry) {
    const auto path = uevent["DEVPATH"];
    const auto disk = path.substr(std::min(path.rfind('/') + 1, path.size()));
    const auto minor = disk.starts_with("dm-") ? number(disk.substr(3)) : std::nullopt;
    for (const auto& [known, device] : registry.all())
        if (minor ? known.minor == *minor : !device->id.name.empty() && device->id.name == uevent["DM_NAME"])
            return known;
    return std::nullopt;
}

std::optional<DeviceId> identity(const UeventReading& uevent, const Registry& registry) {
    const auto major = number(uevent["MAJOR"]), minor = number(uevent["MINOR"]);
    if (!major || !minor) {
        const auto known = number_of(uevent, registry);
        if (!known) return std::nullopt;
        return DeviceId{std::string{uevent["DM_NAME"]}, std::string{uevent["DM_UUID"]}, *known,
                        number(uevent["DISKSEQ"])};
    }
    if (*major > UINT32_MAX || *minor > UINT32_MAX) return std::nullopt;
    return DeviceId{std::string{uevent["DM_NAME"]},
                    std::string{uevent["DM_UUID"]},
                    {static_cast<std::uint32_t>(*major), static_cast<std::uint32_t>(*minor)},
                    number(uevent["DISKSEQ"])};
}

} // namespace

bool Engine::Impl::is_path_uevent(const UeventReading& uevent) { return !uevent["DM_ACTION"].empty(); }

void Engine::Impl::take(const UeventReading& uevent, Time at) {
    const auto id = identity(uevent, registry);
    if (!id || registry.is_past(*id)) return;
    Device* device = registry.find(id->number);
    if (device && !Registry::same_lifetime(*device, *id)) {
        if (!batch.empty()) flush_batch(); // of the lifetime that ends
        end_lifetime(*device, {"uevent", 0, {}});
        device = nullptr;
    }
    if (is_path_uevent(uevent)) {
        if (!device) {
            // It came before the first reading: the uevent itself says what is needed to tell of it.
            device = &registry.create(*id);
            device->announced = true;
            if (baseline_done) judge.happened(device, core_type("device.added"), {}, {"uevent", 0, {}});
        }
        batch.add(id->number, uevent, at, options.batch);
        if (batch.complete(device->last_dm_seqnum)) flush_batch();
        return;
    }
    if (!device) return;
    if (id->diskseq) device->id.diskseq = id->diskseq;
    if (uevent["ACTION"] == "remove") {
        end_lifetime(*device, {"uevent", 0, {}});
        return;
    }
    if (uevent["ACTION"] != "change") return;
    device->unsettled = true; // a resume, perhaps with another table
    state_uevent(*device, uevent, std::nullopt);
    reschedule(*device);
}

void Engine::Impl::flush_batch() {
    Device* device = registry.find(batch.device());
    for (auto& [reading, seqnum] : batch.take()) {
        if (!device) continue;
        state_uevent(*device, reading, seqnum);
        if (seqnum) device->last_dm_seqnum = seqnum;
    }
    if (device) reschedule(*device);
}

void Engine::Impl::state_uevent(Device& device, const UeventReading& uevent,
                                std::optional<std::uint64_t> dm_seqnum) {
    const auto type = uevent["DM_TARGET"];
    if (!type.empty() && device.targets.empty()) {
        const auto claim = claims.find(type);
        if (claim == claims.end()) return;
        // Not read yet: a target of that type, of which nothing else is known.
        TargetState target;
        target.type = std::string{type};
        std::tie(target.plugin, target.claim) = claim->second;
        target.gauges.resize(target.plugin->family().gauges.size());
        device.targets.push_back(std::move(target));
    }
    Cause cause{"uevent", 0,
                EventUevent{std::string{uevent["ACTION"]}, number(uevent["SEQNUM"]), dm_seqnum,
                            std::string{uevent["DM_ACTION"]}}};
    const auto* one = type.empty() ? nullptr : target_of(device, uevent);
    for (auto& target : device.targets) {
        if (!target.plugin || !target.plugin->has_uevent() || (!type.empty() && &target != one)) continue;
        const TargetView last{&device.id,  target.index,      target.last_start, target.last_length,
                              target.type, target.last_table, target.last_status};
        auto said = target.plugin->uevent(last, uevent);
        if (said.outcome == Said::Outcome::ok) {
            judge.told(device, target, std::move(said), cause);
        } else {
            std::string text;
            for (const auto& [name, value] : uevent.env)
                text += (text.empty() ? "" : " ") + name + "=" + value;
            not_understood(device, target, said, text, cause, false);
        }
    }
}

} // namespace dmev
