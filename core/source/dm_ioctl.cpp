// SPDX-License-Identifier: Apache-2.0
#include "source/dm_ioctl.hpp"

#include <sys/sysmacros.h>

#include <algorithm>

namespace dmev {

dm_ioctl dm_request() {
    dm_ioctl io{};
    io.version[0] = DM_VERSION_MAJOR;
    io.data_size = sizeof io;
    return io;
}

bool DmIoctl::ask(int control, unsigned long command, DevNum device, std::uint32_t flags) {
    for (;;) {
        auto* io = reinterpret_cast<dm_ioctl*>(buffer_.data());
        *io = dm_request();
        io->data_size = static_cast<std::uint32_t>(buffer_.size() * sizeof buffer_[0]);
        io->data_start = sizeof *io;
        io->dev = makedev(device.major, device.minor);
        io->flags = flags;
        if (ioctl(control, command, io) != 0) return false;
        if ((io->flags & DM_BUFFER_FULL_FLAG) == 0) return true;
        buffer_.assign(2 * buffer_.size(), 0);
    }
}

std::string_view DmIoctl::data() const {
    const std::size_t size = std::min<std::size_t>(head().data_size, buffer_.size() * sizeof buffer_[0]);
    const std::size_t start = std::min<std::size_t>(head().data_start, size);
    return {reinterpret_cast<const char*>(buffer_.data()) + start, size - start};
}

} // namespace dmev
