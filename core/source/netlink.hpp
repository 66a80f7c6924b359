// SPDX-License-Identifier: Apache-2.0
// Kernel uevents of device-mapper disks. The parser is a pure function over hostile bytes.
#pragma once
#include <optional>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "model/observation.hpp"

namespace dmev {

// A kernel uevent's datagram; none when it is not one of a dm disk, or was asked for by a write to sysfs.
std::optional<UeventReading> parse_uevent(std::string_view datagram);

// MAJOR:MINOR and DISKSEQ of a uevent, where they are numbers.
std::optional<DevNum> uevent_device(const UeventReading& uevent);
std::optional<std::uint64_t> uevent_diskseq(const UeventReading& uevent);

// The kernel's own uevent group; what any other sender puts there is not seen.
class UeventSocket {
 public:
    static Result<UeventSocket> open();

    int fd() const { return fd_.get(); }

    enum class Got { uevent, nothing, overrun };
    // The next uevent of a dm disk; nothing once the queue is empty. Never waits.
    Got receive(UeventReading& uevent);

 private:
    Fd fd_;
};

} // namespace dmev
