// SPDX-License-Identifier: Apache-2.0
// The device lifetimes that are known, by number. One number has one living device; when another lifetime
// takes it, the old one has ended.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "engine/device.hpp"

namespace dmev {

class Registry {
 public:
    Device* find(DevNum number);
    Device& create(const DeviceId& id);
    // Takes one that was remembered. REQUIRES: its number has none.
    void adopt(std::unique_ptr<Device> device);
    void erase(Device& device);

    // Is a reading of this identity one of DEVICE's lifetime? An unknown diskseq that becomes known is.
    static bool same_lifetime(const Device& device, const DeviceId& id);
    // Does it belong to a lifetime that has ended already (a reading that was under way)?
    bool is_past(const DeviceId& id) const;

    // When the device is next due; none takes it out of the schedule.
    void schedule(Device& device, std::optional<Time> due);
    // The device that is due first; of those due at once, the one that appeared first.
    Device* soonest();
    std::optional<Time> soonest_due() const;

    const std::map<DevNum, std::unique_ptr<Device>>& all() const { return devices_; }

 private:
    std::map<DevNum, std::unique_ptr<Device>> devices_;
    std::map<DevNum, std::uint64_t> ended_; // the highest diskseq that ended on this number
    std::set<std::tuple<Time, std::uint64_t, Device*>> schedule_;
    std::uint64_t serial_ = 0;
};

} // namespace dmev
