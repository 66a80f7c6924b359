// SPDX-License-Identifier: Apache-2.0
#include "source/netlink.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace dmev {
namespace {

constexpr unsigned kernel_group = 1;
constexpr int receive_buffer = 8 << 20; // some ten thousand uevents: one batch of every path of a big array
constexpr std::size_t datagram_max = 8192; // the kernel's own limit is 2 KiB of variables and a path

// "/devices/virtual/block/dm-3", but neither a partition nor anything else below it.
bool is_dm_disk(std::string_view devpath) {
    const auto slash = devpath.rfind('/');
    if (slash == std::string_view::npos || !devpath.substr(0, slash).ends_with("/block")) return false;
    const auto name = devpath.substr(slash + 1);
    return name.starts_with("dm-") && name.size() > 3 &&
           std::all_of(name.begin() + 3, name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view next_string(std::string_view& rest) {
    const auto end = rest.find('\0');
    const auto text = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return text;
}

// Only the kernel sends with pid 0 and uid 0: an injected message carries its sender's.
bool from_kernel(msghdr& message, const sockaddr_nl& sender) {
    if (message.msg_namelen != sizeof sender || sender.nl_pid != 0 || sender.nl_groups != kernel_group)
        return false;
    for (auto* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS) continue;
        ucred who{};
        std::memcpy(&who, CMSG_DATA(header), sizeof who);
        return who.pid == 0 && who.uid == 0;
    }
    return false;
}

} // namespace

std::optional<UeventReading> parse_uevent(std::string_view datagram) {
    if (next_string(datagram).find('@') == std::string_view::npos) return std::nullopt;
    UeventReading uevent;
    while (!datagram.empty()) {
        const auto variable = next_string(datagram);
        const auto equals = variable.find('=');
        if (equals == 0 || equals == std::string_view::npos) continue;
        uevent.env.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
    }
    const auto has = [&](std::string_view key) {
        return std::any_of(uevent.env.begin(), uevent.env.end(),
                           [&](const auto& v) { return v.first == key; });
    };
    if (uevent["SUBSYSTEM"] != "block" || !is_dm_disk(uevent["DEVPATH"]) || uevent["ACTION"].empty() ||
        !uevent_device(uevent) || has("SYNTH_UUID"))
        return std::nullopt;
    return uevent;
}

std::optional<DevNum> uevent_device(const UeventReading& uevent) { return uevent.device(); }

std::optional<std::uint64_t> uevent_diskseq(const UeventReading& uevent) { return uevent.number("DISKSEQ"); }

Result<UeventSocket> UeventSocket::open() {
    const auto failed = [](int error) { return errno_error("cannot listen to kernel uevents", "", error); };
    UeventSocket result;
    result.fd_ = Fd{socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)};
    if (!result.fd_) return failed(errno);
    const int fd = result.fd_.get(), on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) return failed(errno);
    // Beyond the system's limit where we may; else as much as it allows, and overruns are told.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = kernel_group;
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return failed(errno);
    return result;
}

UeventSocket::Got UeventSocket::receive(UeventReading& uevent) {
    for (;;) {
        char buffer[datagram_max];
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
        iovec data{buffer, sizeof buffer};
        sockaddr_nl sender{};
        msghdr message{};
        message.msg_name = &sender;
        message.msg_namelen = sizeof sender;
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const auto n = recvmsg(fd_.get(), &message, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == ENOBUFS ? Got::overrun : Got::nothing;
        if (!from_kernel(message, sender)) continue;
        if (message.msg_flags & MSG_TRUNC) return Got::overrun; // a message lost in part is lost
        if (auto parsed = parse_uevent({buffer, static_cast<std::size_t>(n)})) {
            uevent = std::move(*parsed);
            return Got::uevent;
        }
    }
}

} // namespace dmev
