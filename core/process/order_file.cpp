// SPDX-License-Identifier: Apache-2.0
#include "process/order_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/io.hpp"
#include "process/descriptors.hpp"

namespace dmev {
namespace {

constexpr unsigned no_exec_seal = 8; // MFD_NOEXEC_SEAL, which some machines demand and old kernels refuse

// Unlike write(), it leaves the place where reading begins at the beginning.
bool write_at_start(int fd, std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto n = uninterrupted(
            [&] { return pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done)); });
        if (n <= 0) return false;
        done += static_cast<std::size_t>(n);
    }
    return true;
}

// A file of BYTES in memory that nobody can change any more.
Fd sealed(const char* name, std::string_view bytes) {
    Fd file{memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | no_exec_seal)};
    if (!file && errno == EINVAL) file = Fd{memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!file) return Fd{};
    if (!write_at_start(file.get(), bytes)) return Fd{};
    if (fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return Fd{};
    return file;
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

    if (!send_descriptors(socket, {order_file.get(), input_file.get()})) return failed(errno);
    return {};
}

std::optional<Order> read_order(int file) {
    struct stat st {};
    if (fstat(file, &st) < 0 || st.st_size > static_cast<off_t>(max_order)) return std::nullopt;
    const auto bytes = read_whole(file, static_cast<std::size_t>(st.st_size));
    auto order = bytes ? decode_order(*bytes) : std::nullopt;
    if (order && order->program.argv.empty()) order.reset();
    return order;
}

} // namespace dmev
