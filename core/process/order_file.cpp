// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/io.hpp"
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
    if (!write_whole(file.get(), bytes)) return Fd{};
    if (fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return Fd{};
    // Another description: at the beginning, and without the right to write.
    const auto again = "/proc/self/fd/" + std::to_string(file.get());
    return Fd{uninterrupted([&] { return open(again.c_str(), O_RDONLY | O_CLOEXEC); })};
}

} // namespace

Result<> send_order(int socket, const Order& order, std::string_view input) {
    const auto failed = [](int error) { return errno_error("cannot hand over a program", "", error); };
    const auto bytes = encode(order);
    if (bytes.size() > max_order) {
        auto error = failed(E2BIG);
        error.kind = ErrorKind::bad_config; // it will be as large the next time
        return error;
    }
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
    const auto n = uninterrupted([&] { return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT); });
    if (n != 1) return failed(errno);
    return {};
}

} // namespace dmev
