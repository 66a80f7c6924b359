// SPDX-License-Identifier: Apache-2.0
// The kernel's list of devices, and what of it differs from the list before: of many thousand devices all but
// a few are as they were, and cost no more than to compare their bytes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/device.hpp"

namespace dmev {

// One device of the list.
struct ListedDevice {
    DevNum number;
    std::string name;
    std::optional<std::string> uuid; // none: this kernel does not tell
    std::uint32_t event_nr = 0;
    bool operator==(const ListedDevice&) const = default;
};

class DeviceList {
 public:
    // BYTES are what DM_LIST_DEVICES answers. With FLAGS (ioctl 4.45) records may carry a uuid; the same at
    // each call. REQUIRES: a list of the kernel.
    void take(std::string_view bytes, bool flags);
    // The same, of one that was read already.
    void take(const std::vector<ListedDevice>& devices);

    // Nobody was told of the last list: the next one is compared with none.
    void forget() { forgotten_ = true; }

    const std::vector<ListedDevice>& devices() const { return devices_; }
    // It has the numbers of the list before, in the same order; then only those that changed() names are not
    // as they were.
    bool same_numbers() const { return same_numbers_; }
    const std::vector<std::size_t>& changed() const { return changed_; } // places in devices()

 private:
    void begin();
    void put(std::size_t place, ListedDevice device);
    void end(std::size_t count);

    std::string bytes_;
    std::vector<ListedDevice> devices_;
    std::vector<std::size_t> changed_;
    bool same_numbers_ = false, forgotten_ = true;
};

} // namespace dmev
