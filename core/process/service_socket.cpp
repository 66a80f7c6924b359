// SPDX-License-Identifier: Apache-2.0
#include "process/service_socket.hpp"

#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/log.hpp"
#include "base/text.hpp"
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

bool somebody_listens(const UnixAddress& address, int type) {
    const Fd fd{socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    return fd && (connect(fd.get(), address.get(), address.size()) == 0 || errno == EAGAIN);
}

std::optional<ucred> peer_of(int connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return std::nullopt;
    return peer;
}

} // namespace

Result<ListeningSocket> ListeningSocket::open(const std::string& path, int type) {
    if (const int passed = passed_sockets(); passed > 0) {
        Fd fd{first_passed};
        if (passed == 1 && has(first_passed, SO_DOMAIN, AF_UNIX) && has(first_passed, SO_TYPE, type) &&
            has(first_passed, SO_ACCEPTCONN, 1))
            return ListeningSocket{std::move(fd), ""};
        return Error{ErrorKind::usage, "cannot listen", "", "what the service manager handed over is not it",
                     type == SOCK_STREAM ? "let the socket unit have one ListenStream="
                                         : "let the socket unit have one ListenSequentialPacket="};
    }
    const auto failed = [&path](int error) { return errno_error("cannot listen at", escape(path), error); };
    const auto address = UnixAddress::of(path);
    if (!address) return address.error();
    if (somebody_listens(*address, type))
        return Error{ErrorKind::failed, "cannot listen at", escape(path), "another process does",
                     "stop it first, or name another --run-dir"};
    Fd fd{socket(AF_UNIX, type | SOCK_CLOEXEC, 0)};
    if (!fd) return failed(errno);
    unlink(path.c_str()); // what one that was killed left behind
    const auto mask = umask(0177);
    const int bound = bind(fd.get(), address->get(), address->size());
    const int error = errno;
    umask(mask);
    if (bound < 0) return failed(error);
    if (listen(fd.get(), backlog) < 0) return failed(errno);
    return ListeningSocket{std::move(fd), path};
}

ListeningSocket::~ListeningSocket() {
    if (fd_ && !path_.empty()) unlink(path_.c_str());
}

Result<Fd> connect_to(const std::string& path, int type) {
    const auto failed = [&path] { return errno_error("cannot reach", escape(path), errno); };
    const auto address = UnixAddress::of(path);
    if (!address) return address.error();
    Fd fd{socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd || connect(fd.get(), address->get(), address->size()) < 0) return failed();
    const auto peer = peer_of(fd.get());
    if (!peer) return failed();
    if (peer->uid != 0 && peer->uid != geteuid())
        return Error{ErrorKind::not_permitted, "what listens at", escape(path),
                     "belongs to user " + std::to_string(peer->uid) + ", who could act in our place",
                     "let root or our own user run it"};
    return fd;
}

Result<Fd> ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int ending : {SIGTERM, SIGINT}) sigaddset(&set, ending);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    Fd signals{signalfd(-1, &set, SFD_CLOEXEC)};
    if (!signals) return errno_error("cannot watch for signals", "", errno);
    return signals;
}

bool may_ask(int connection) {
    const auto peer = peer_of(connection);
    if (!peer) return false;
    if (peer->uid == 0 || peer->uid == geteuid()) return true;
    log::warning("process {} of user {} is not let in: only root and our own user are", peer->pid, peer->uid);
    return false;
}

} // namespace dmev
