// SPDX-License-Identifier: Apache-2.0
#include "process/launcher_protocol.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/io.hpp"

namespace dmev {

void send_reply(int socket, const LauncherReply& reply, int fd) {
    iovec data{const_cast<LauncherReply*>(&reply), sizeof reply};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        auto* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    uninterrupted([&] { return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT); });
}

bool take_answer(int socket, LauncherAnswer& answer) {
    iovec data{&answer.reply, sizeof answer.reply};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const auto n = uninterrupted([&] { return recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC); });
    if (n < 0) return false;
    if (const auto* header = CMSG_FIRSTHDR(&message);
        header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        int fd;
        std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
        answer.fd = Fd{fd};
    }
    if (n == static_cast<ssize_t>(sizeof answer.reply)) return true;
    errno = EPIPE;
    return false;
}

} // namespace dmev
