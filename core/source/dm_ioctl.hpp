// SPDX-License-Identifier: Apache-2.0
// Calls of device-mapper whose answers differ in length, with a buffer as large as they need: the kernel
// clears and copies all of it, which of 16 KiB takes longer than most of the calls themselves.
#pragma once
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/device.hpp"

namespace dmev {

// A request without arguments. Minor 0: any kernel of this major accepts it, and writes its own here.
dm_ioctl dm_request();

class DmIoctl {
 public:
    explicit DmIoctl(std::size_t first_size) : buffer_(first_size / sizeof(std::uint64_t)) {}

    // False, and errno: it failed. What is answered lies here until the next call.
    bool ask(int control, unsigned long command, DevNum device, std::uint32_t flags);
    const dm_ioctl& head() const { return *reinterpret_cast<const dm_ioctl*>(buffer_.data()); }
    std::string_view data() const;

 private:
    std::vector<std::uint64_t> buffer_;
};

} // namespace dmev
