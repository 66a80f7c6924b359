// SPDX-License-Identifier: Apache-2.0
// /dev/mapper/control: which devices there are, whether anything happened, and who is suspended. None of
// these calls can hang: none asks a target.
#pragma once
#include <cstdint>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "source/device_list.hpp"
#include "source/dm_ioctl.hpp"

namespace dmev {

class Control {
 public:
    // LIST_EXTRAS false: as kernels before ioctl 4.45, no uuids. Fails with unavailable where there is no
    // device-mapper new enough, and with not_permitted.
    static Result<Control> open(bool list_extras = true);

    int fd() const { return fd_.get(); } // readable once anything happened since arm()
    Result<> arm();
    Result<> list(DeviceList& list);
    bool is_suspended(DevNum device);                       // one that is gone is not
    const std::string& version() const { return version_; } // "4.47.0"

 private:
    Fd fd_;
    std::string version_;
    bool list_flags_ = false;
    DmIoctl lists_{4096};
};

} // namespace dmev
