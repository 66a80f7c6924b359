// SPDX-License-Identifier: Apache-2.0
// What the kernel said by uevent: path events in their order, the end of a lifetime, and hints.
#include <algorithm>

#include "engine/impl.hpp"

namespace dmev {
namespace {

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

// A uevent that does not give its numbers: the known device of the disk in its path, or of its name.
std::optional<DevNum> number_of(const UeventReading& uevent, const Registry& registry) {
    const auto path = uevent["DEVPATH"];
    const auto disk = path.substr(path.rfind('/') + 1); // all of it where there is no slash
    for (const auto& [known, device] : registry.all()) {
        const bool same_name = !device->id.name.empty() && device->id.name == uevent["DM_NAME"];
        if (disk.empty() ? same_name : disk == "dm-" + std::to_string(known.minor)) return known;
    }
    return std::nullopt;
}

std::optional<DeviceId> identity(const UeventReading& uevent, const Registry& registry) {
    auto device = uevent.device();
    if (!device) device = number_of(uevent, registry);
    if (!device) return std::nullopt;
    return DeviceId{std::string{uevent["DM_NAME"]}, std::string{uevent["DM_UUID"]}, *device,
                    uevent.number("DISKSEQ")};
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
            if (baseline_done || has_memory)
                judge.happened(device, core_type("device.added"), {}, {"uevent", 0, {}});
        }
        // As a rule each comes by itself, in order, and need not be kept.
        const auto seqnum = uevent.number("DM_SEQNUM");
        if (batch.empty() && PathBatch::complete_alone(seqnum, device->last_dm_seqnum)) {
            state_uevent(*device, uevent, seqnum);
            device->last_dm_seqnum = seqnum;
            reschedule(*device);
            return;
        }
        batch.add(id->number, uevent, at, options.batch);
        if (batch.complete(device->last_dm_seqnum)) flush_batch();
        return;
    }
    if (!device) return;
    if (id->diskseq && id->diskseq != device->id.diskseq) touched.insert(id->number);
    if (id->diskseq) device->id.diskseq = id->diskseq;
    if (uevent["ACTION"] == "remove") {
        end_lifetime(*device, {"uevent", 0, {}});
        return;
    }
    if (uevent["ACTION"] != "change") return;
    unsettle(*device, true); // a resume, perhaps with another table
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
                EventUevent{std::string{uevent["ACTION"]}, uevent.number("SEQNUM"), dm_seqnum,
                            std::string{uevent["DM_ACTION"]}}};
    const auto* one = type.empty() ? nullptr : target_of(device, uevent);
    for (auto& target : device.targets) {
        if (!target.plugin || !target.plugin->has_uevent() || (!type.empty() && &target != one)) continue;
        const TargetView last{&device.id,  target.index,      target.last_start, target.last_length,
                              target.type, target.last_table, target.last_status};
        auto& said = said_of[target.claim].by_uevent;
        target.plugin->uevent(last, uevent, said);
        if (said.outcome == Said::Outcome::ok) {
            judge.told(device, target, said, cause);
        } else {
            std::string text;
            for (const auto& [name, value] : uevent.env)
                text += (text.empty() ? "" : " ") + name + "=" + value;
            not_understood(device, target, said, text, cause, false);
        }
        note_set_aside(*target.plugin, cause);
    }
}

} // namespace dmev
