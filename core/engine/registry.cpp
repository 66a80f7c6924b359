// SPDX-License-Identifier: Apache-2.0
#include "engine/registry.hpp"

#include <algorithm>

namespace dmev {

Device* Registry::find(DevNum number) {
    const auto it = devices_.find(number);
    return it == devices_.end() ? nullptr : it->second.get();
}

Device& Registry::create(const DeviceId& id) {
    auto& slot = devices_[id.number];
    slot = std::make_unique<Device>();
    slot->id = id;
    slot->serial = ++serial_;
    return *slot;
}

void Registry::adopt(std::unique_ptr<Device> device) {
    device->serial = ++serial_;
    devices_[device->id.number] = std::move(device);
}

void Registry::erase(Device& device) {
    schedule(device, std::nullopt);
    // What was only remembered may be wrong, and must not hide the device that is there.
    if (device.id.diskseq && !device.awaited) {
        auto& last = ended_[device.id.number];
        last = std::max(last, *device.id.diskseq);
    }
    devices_.erase(device.id.number);
}

bool Registry::same_lifetime(const Device& device, const DeviceId& id) {
    return !device.id.diskseq || !id.diskseq || *device.id.diskseq == *id.diskseq;
}

bool Registry::is_past(const DeviceId& id) const {
    if (!id.diskseq) return false;
    const auto ended = ended_.find(id.number);
    if (ended != ended_.end() && *id.diskseq <= ended->second) return true;
    const auto alive = devices_.find(id.number);
    if (alive == devices_.end() || alive->second->awaited || !alive->second->id.diskseq) return false;
    return *id.diskseq < *alive->second->id.diskseq;
}

void Registry::schedule(Device& device, std::optional<Time> due) {
    if (device.due == due) return;
    if (device.due) schedule_.erase({*device.due, device.serial, &device});
    device.due = due;
    if (due) schedule_.insert({*due, device.serial, &device});
}

Device* Registry::soonest() { return schedule_.empty() ? nullptr : std::get<2>(*schedule_.begin()); }

std::optional<Time> Registry::soonest_due() const {
    if (schedule_.empty()) return std::nullopt;
    return std::get<0>(*schedule_.begin());
}

} // namespace dmev
