// SPDX-License-Identifier: Apache-2.0
#include "action/managers.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "action/manager_talk.hpp"
#include "base/fd.hpp"

namespace dmev {
namespace manager {

int Deadline::remaining_ms() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now()).count();
    return static_cast<int>(std::max<decltype(left)>(left, 0));
}

Managed runs(const std::string& pidfile) {
    const Fd fd{open(pidfile.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!fd) return errno == ENOENT || errno == ENOTDIR ? Managed::no : Managed::unknown;
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(fd.get(), F_GETLK, &lock) < 0) return Managed::unknown;
    return lock.l_type == F_UNLCK ? Managed::no : Managed::yes;
}

namespace {

bool await(int fd, short events, const Deadline& deadline) {
    pollfd ready{fd, events, 0};
    int n;
    do n = poll(&ready, 1, deadline.remaining_ms());
    while (n < 0 && errno == EINTR);
    return n > 0;
}

bool worth_waiting() { return errno == EAGAIN || errno == EWOULDBLOCK; }

} // namespace

bool write_all(int fd, std::string_view bytes, const Deadline& deadline) {
    while (!bytes.empty()) {
        const auto n = write(fd, bytes.data(), bytes.size());
        if (n > 0)
            bytes.remove_prefix(static_cast<std::size_t>(n));
        else if (n < 0 && errno == EINTR)
            continue;
        else if (!worth_waiting() || !await(fd, POLLOUT, deadline))
            return false;
    }
    return true;
}

std::optional<std::string> read_exactly(int fd, std::size_t size, const Deadline& deadline) {
    std::string out;
    while (out.size() < size) {
        char buffer[4096];
        const auto n = read(fd, buffer, std::min(sizeof buffer, size - out.size()));
        if (n > 0)
            out.append(buffer, static_cast<std::size_t>(n));
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n == 0 || !worth_waiting() || !await(fd, POLLIN, deadline))
            return std::nullopt;
        if (deadline.over() && out.size() < size) return std::nullopt; // it drips
    }
    return out;
}

} // namespace manager

Managed managed_by(std::string_view who, std::string_view about, const ManagerPlaces& places) {
    const bool dmeventd = who == "dmeventd";
    if (!dmeventd && who != "multipathd") return Managed::unknown;
    const auto running = manager::runs(dmeventd ? places.dmeventd_pidfile : places.multipathd_pidfile);
    if (running != Managed::yes) return running;
    const manager::Deadline deadline{places.limit};
    return dmeventd ? manager::ask_dmeventd(about, places, deadline)
                    : manager::ask_multipathd(about, places, deadline);
}

} // namespace dmev
