// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "process/messages.hpp"
#include "process/shepherd.hpp"

namespace dmev {
namespace {

constexpr unsigned no_exec_seal = 8; // MFD_NOEXEC_SEAL, which some machines demand and old kernels refuse

// A file of BYTES in memory, for reading alone, that nobody can change any more.
Fd sealed(const char* name, std::string_view bytes) {
    Fd file{memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | no_exec_seal)};
    if (!file && errno == EINVAL) file = Fd{memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!file) return Fd{};
    while (!bytes.empty()) {
        const auto n = write(file.get(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return Fd{};
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    if (fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return Fd{};
    // Another description: at the beginning, and without the right to write.
    return Fd{open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC)};
}

} // namespace

Result<> send_order(int socket, const Order& order, std::string_view input) {
    const auto failed = [](int error) { return errno_error("cannot hand over a program", "", error); };
    const auto bytes = encode(order);
    if (bytes.size() > max_order) return failed(E2BIG);
    const Fd order_file = sealed("order", bytes);
    if (!order_file) return failed(errno);
    const Fd input_file = sealed("input", input);
    if (!input_file) return failed(errno);

    char nothing = 0;
    iovec data{&nothing, 1};
    const int files[] = {order_file.get(), input_file.get()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof files)] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof files);
    std::memcpy(CMSG_DATA(header), files, sizeof files);
    if (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) return failed(errno);
    return {};
}

} // namespace dmev
