// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/text.hpp"
#include "process/launcher_service.hpp"
#include "process/unix_address.hpp"

namespace dmev {
namespace {

constexpr int first_passed = 3; // SD_LISTEN_FDS_START
constexpr int backlog = 16;

// How many sockets a service manager gave to this very process.
int passed_sockets() {
    const auto is = [](const char* name, const std::string& value) {
        const char* set = std::getenv(name);
        return set && set == value;
    };
    if (!is("LISTEN_PID", std::to_string(getpid()))) return 0;
    const char* count = std::getenv("LISTEN_FDS");
    return count ? std::atoi(count) : 0;
}

bool has(int fd, int option, int value) {
    int is = 0;
    socklen_t size = sizeof is;
    return getsockopt(fd, SOL_SOCKET, option, &is, &size) == 0 && is == value;
}

bool somebody_listens(const UnixAddress& address) {
    const Fd fd{socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    return fd && (connect(fd.get(), address.get(), address.size()) == 0 || errno == EAGAIN);
}

} // namespace

Result<LauncherSocket> LauncherSocket::open(const std::string& path) {
    if (const int passed = passed_sockets(); passed > 0) {
        Fd fd{first_passed};
        if (passed == 1 && has(first_passed, SO_DOMAIN, AF_UNIX) &&
            has(first_passed, SO_TYPE, SOCK_SEQPACKET) && has(first_passed, SO_ACCEPTCONN, 1))
            return LauncherSocket{std::move(fd), ""};
        return Error{ErrorKind::usage, "cannot listen", "", "what the service manager handed over is not it",
                     "let the socket unit have one ListenSequentialPacket="};
    }
    const auto failed = [&path](int error) { return errno_error("cannot listen at", escape(path), error); };
    const auto address = UnixAddress::of(path);
    if (!address) return address.error();
    if (somebody_listens(*address))
        return Error{ErrorKind::failed, "cannot listen at", escape(path), "another launcher does",
                     "stop it first, or name another --run-dir"};
    Fd fd{socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    if (!fd) return failed(errno);
    unlink(path.c_str()); // what a launcher that was killed left behind
    const auto mask = umask(0177);
    const int bound = bind(fd.get(), address->get(), address->size());
    const int error = errno;
    umask(mask);
    if (bound < 0) return failed(error);
    if (listen(fd.get(), backlog) < 0) return failed(errno);
    return LauncherSocket{std::move(fd), path};
}

LauncherSocket::~LauncherSocket() {
    if (fd_ && !path_.empty()) unlink(path_.c_str());
}

} // namespace dmev
