// SPDX-License-Identifier: Apache-2.0
#include "source/control.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <cerrno>

namespace dmev {
namespace {

const std::string node = "/dev/" DM_DIR "/" DM_CONTROL_NODE;

constexpr std::uint32_t needed_minor = 37; // the first whose poll wakes for creation, removal and table swaps
constexpr std::uint32_t flags_minor = 45;
Error refused(int error) {
    auto result = errno_error("cannot use device-mapper through", node, error);
    switch (error) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
            result.kind = ErrorKind::unavailable;
            result.remedy = "load the kernel module: modprobe dm-mod";
            break;
        case EACCES:
        case EPERM:
            result.kind = ErrorKind::not_permitted;
            result.remedy = "run as root, or with CAP_SYS_ADMIN in the initial user namespace";
            break;
        default: break;
    }
    return result;
}

} // namespace

Result<Control> Control::open(bool list_extras) {
    Control control;
    control.fd_ = Fd{::open(node.c_str(), O_RDWR | O_CLOEXEC)};
    if (!control.fd_) return refused(errno);

    auto io = dm_request();
    if (ioctl(control.fd_.get(), DM_VERSION, &io) < 0) return refused(errno);
    control.version_ = std::to_string(io.version[0]) + "." + std::to_string(io.version[1]) + "." +
                       std::to_string(io.version[2]);
    if (io.version[0] != DM_VERSION_MAJOR || io.version[1] < needed_minor)
        return Error{ErrorKind::unavailable, "cannot use device-mapper through", node,
                     "its interface is " + control.version_ + ", and 4.37 (Linux 4.14) is needed",
                     "use a newer kernel"};
    control.list_flags_ = list_extras && io.version[1] >= flags_minor;
    // DM_VERSION is open to all; this asks for the right that every other call needs.
    if (auto armed = control.arm(); !armed) return armed.error();
    return control;
}

Result<> Control::arm() {
    auto io = dm_request();
    if (ioctl(fd_.get(), DM_DEV_ARM_POLL, &io) < 0) return refused(errno);
    return {};
}

bool Control::is_suspended(DevNum device) {
    auto io = dm_request();
    io.dev = makedev(device.major, device.minor);
    io.flags = DM_SKIP_BDGET_FLAG;
    return ioctl(fd_.get(), DM_DEV_STATUS, &io) == 0 && (io.flags & DM_SUSPEND_FLAG) != 0;
}

Result<> Control::list(DeviceList& list) {
    if (!lists_.ask(fd_.get(), DM_LIST_DEVICES, {}, 0)) return errno_error("cannot list devices", "", errno);
    list.take(lists_.data(), list_flags_);
    return {};
}

} // namespace dmev
