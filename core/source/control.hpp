// SPDX-License-Identifier: Apache-2.0
// /dev/mapper/control: which devices there are, and whether anything happened. Neither call can hang.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "model/device.hpp"

namespace dmev {

// One device of the kernel's list.
struct ListedDevice {
    DevNum number;
    std::string name;
    std::optional<std::string> uuid; // none: this kernel or library does not tell
    std::uint32_t event_nr = 0;
};

// The list that starts at FIRST, a struct dm_names as the kernel filled it. With FLAGS (ioctl 4.45) records
// may carry a uuid. REQUIRES: a list of the kernel.
std::vector<ListedDevice> parse_list(const void* first, bool flags);

class Control {
 public:
    // LIST_EXTRAS false: as kernels before ioctl 4.45, no uuids. Fails with unavailable where there is no
    // device-mapper new enough, and with not_permitted.
    static Result<Control> open(bool list_extras = true);

    int fd() const { return fd_.get(); } // readable once anything happened since arm()
    Result<> arm();
    Result<std::vector<ListedDevice>> list();
    const std::string& version() const { return version_; } // "4.47.0"

 private:
    Fd fd_;
    std::string version_;
    bool list_flags_ = false;
};

} // namespace dmev
