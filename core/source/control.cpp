// SPDX-License-Identifier: Apache-2.0
#include "source/control.hpp"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstring>

#include "source/devmapper.hpp"

namespace dmev {
namespace {

const std::string node = "/dev/" DM_DIR "/" DM_CONTROL_NODE;

constexpr std::uint32_t needed_minor = 37; // the first whose poll wakes for creation, removal and table swaps
constexpr std::uint32_t flags_minor = 45;

dm_ioctl request() {
    dm_ioctl io{};
    io.version[0] = DM_VERSION_MAJOR; // minor 0: any kernel of this major accepts it, and writes its own here
    io.data_size = sizeof io;
    return io;
}

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

template <class T>
T load(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

} // namespace

std::vector<ListedDevice> parse_list(const void* first, bool flags) {
    std::vector<ListedDevice> devices;
    const auto* record = static_cast<const char*>(first);
    for (;;) {
        const auto dev = load<std::uint64_t>(record + offsetof(dm_names, dev));
        if (dev == 0) return devices; // an empty list is one empty record
        auto& device = devices.emplace_back();
        device.number = {major(dev), minor(dev)};
        const char* name = record + offsetof(dm_names, name);
        device.name = name;
        // The tail that libdevmapper knows nothing of: event number and flags, then perhaps the uuid.
        const auto after_name = offsetof(dm_names, name) + device.name.size() + 1;
        const char* tail = record + (after_name + 7) / 8 * 8;
        device.event_nr = load<std::uint32_t>(tail);
        if (flags) {
            const auto bits = load<std::uint32_t>(tail + 4);
            if (bits & DM_NAME_LIST_FLAG_HAS_UUID)
                device.uuid = tail + 8;
            else if (bits & DM_NAME_LIST_FLAG_DOESNT_HAVE_UUID)
                device.uuid.emplace();
        }
        const auto next = load<std::uint32_t>(record + offsetof(dm_names, next));
        if (next == 0) return devices;
        record += next;
    }
}

Result<Control> Control::open(bool list_extras) {
    Control control;
    control.fd_ = Fd{::open(node.c_str(), O_RDWR | O_CLOEXEC)};
    if (!control.fd_) return refused(errno);

    auto io = request();
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
    prepare_devmapper();
    return control;
}

Result<> Control::arm() {
    auto io = request();
    if (ioctl(fd_.get(), DM_DEV_ARM_POLL, &io) < 0) return refused(errno);
    return {};
}

Result<std::vector<ListedDevice>> Control::list() {
    const DmTask task{dm_task_create(DM_DEVICE_LIST)};
    if (!task) return errno_error("cannot list devices", "", ENOMEM);
    if (!dm_task_run(task.get()))
        return errno_error("cannot list devices", "", dm_task_get_errno(task.get()));
    const auto* names = dm_task_get_names(task.get());
    if (!names) return errno_error("cannot list devices", "", EIO);
    return parse_list(names, list_flags_);
}

} // namespace dmev
