// SPDX-License-Identifier: Apache-2.0
// Descriptors that travel from one process to another: a packet of one byte, with exactly so many.
#pragma once
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <optional>

#include "base/fd.hpp"
#include "base/io.hpp"

namespace dmev {

// Where such a packet lies, of descriptors in FILES.
template <std::size_t N>
struct DescriptorPacket {
    DescriptorPacket() {
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
    }
    DescriptorPacket(const DescriptorPacket&) = delete;
    DescriptorPacket& operator=(const DescriptorPacket&) = delete;

    int files[N] = {};
    char nothing = 0;
    iovec data{&nothing, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int[N]))] = {};
    msghdr message{};
};

// Never blocks. False: errno says why.
template <std::size_t N>
bool send_descriptors(int socket, const int (&files)[N]) {
    DescriptorPacket<N> packet;
    auto* header = CMSG_FIRSTHDR(&packet.message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof files);
    std::memcpy(CMSG_DATA(header), files, sizeof files);
    return uninterrupted([&] { return sendmsg(socket, &packet.message, MSG_NOSIGNAL | MSG_DONTWAIT); }) == 1;
}

// Waits for them. None: the other end is gone, or sent something else.
template <std::size_t N>
std::optional<std::array<Fd, N>> take_descriptors(int socket) {
    DescriptorPacket<N> packet;
    const auto n = uninterrupted([&] { return recvmsg(socket, &packet.message, MSG_CMSG_CLOEXEC); });
    const auto* header = CMSG_FIRSTHDR(&packet.message);
    if (n != 1 || !header || header->cmsg_len != CMSG_LEN(sizeof packet.files)) return std::nullopt;
    std::memcpy(packet.files, CMSG_DATA(header), sizeof packet.files);
    std::array<Fd, N> taken;
    for (std::size_t i = 0; i < N; ++i) taken[i] = Fd{packet.files[i]};
    return taken;
}

} // namespace dmev
