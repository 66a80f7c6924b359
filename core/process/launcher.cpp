// SPDX-License-Identifier: Apache-2.0
#include "process/launcher.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/io.hpp"
#include "base/text.hpp"
#include "process/launcher_protocol.hpp"
#include "process/launcher_service.hpp"
#include "process/service_socket.hpp"

namespace dmev {
namespace {

// A fork takes a millisecond; this is for a machine in trouble.
constexpr auto answer_timeout = std::chrono::milliseconds{1000};
constexpr auto rest_after_timeout = std::chrono::milliseconds{1000};

} // namespace

Result<Launcher> Launcher::start(Bodies bodies) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return errno_error("cannot start the launcher", "", errno);
    Fd ours{ends[0]};
    const Fd theirs{ends[1]};
    const pid_t pid = fork();
    if (pid < 0) return errno_error("cannot start the launcher", "", errno);
    if (pid == 0) serve_launcher(theirs.get(), bodies);
    Launcher launcher;
    launcher.socket_ = std::move(ours);
    return launcher;
}

Launcher Launcher::at(std::string path) {
    Launcher launcher;
    launcher.path_ = std::move(path);
    return launcher;
}

Result<> Launcher::connect() {
    socket_.reset();
    auto connected = connect_to(path_, SOCK_SEQPACKET);
    if (connected) {
        socket_ = std::move(*connected);
        return {};
    }
    auto error = std::move(connected).error();
    if (error.kind == ErrorKind::not_permitted) return error;
    error.what = "cannot reach the launcher at";
    error.kind = ErrorKind::unavailable;
    error.remedy = "start the service that runs dmevent_tool --launcher";
    return error;
}

Result<Launcher::Child> Launcher::ask(std::uint32_t kind, const char* failure) {
    bool gone = !socket_;
    if (!gone) {
        auto child = exchange(kind, failure, gone);
        if (child || !gone) return child;
        if (path_.empty()) {
            auto error = std::move(child).error();
            error.kind = ErrorKind::unavailable;
            return error;
        }
    }
    // It was started anew, or had not been there yet. What the old one began ends by itself.
    if (auto connected = connect(); !connected) {
        auto error = std::move(connected).error();
        error.what = failure + std::string{": "} + error.what;
        return error;
    }
    return exchange(kind, failure, gone);
}

// GONE: it does not answer since it is not there any more.
Result<Launcher::Child> Launcher::exchange(std::uint32_t kind, const char* failure, bool& gone) {
    using Clock = std::chrono::steady_clock;
    const auto failed = [&](int error) {
        gone = error == EPIPE || error == ECONNRESET || error == ENOTCONN;
        return errno_error(failure, "", error);
    };
    const LauncherRequest request{kind, ++last_request_};
    const auto asked = uninterrupted(
        [&] { return send(socket_.get(), &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT); });
    if (asked < 0) return failed(errno);

    const auto until = Clock::now() + answer_timeout;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd readable{socket_.get(), POLLIN, 0};
        const int n = poll(&readable, 1, static_cast<int>(std::max<decltype(left)>(left, 0)));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(errno);
        if (n == 0) {
            ask_again_ = Clock::now() + rest_after_timeout;
            return failed(ETIMEDOUT);
        }
        LauncherAnswer answer;
        if (!take_answer(socket_.get(), answer)) return failed(errno);
        // A child that came too late for an earlier request ends when its socket is closed here.
        if (answer.reply.serial != request.serial) continue;
        if (answer.reply.error != 0) return failed(answer.reply.error);
        if (!answer.fd)
            return failed(EMFILE); // the kernel leaves descriptors out when there is no room for them
        return Child{answer.reply.pid, std::move(answer.fd)};
    }
}

Result<Launcher::Reader> Launcher::new_reader() { return ask(reader_request, "cannot start a reader"); }

Result<Launcher::Child> Launcher::ask_unless_hung(std::uint32_t kind, const char* failure) {
    if (std::chrono::steady_clock::now() < ask_again_) return errno_error(failure, "", ETIMEDOUT);
    return ask(kind, failure);
}

Result<Launcher::Child> Launcher::new_shepherd() {
    return ask_unless_hung(shepherd_request, "cannot start a process for a program");
}

Result<Launcher::Child> Launcher::new_waiting_shepherd() {
    return ask_unless_hung(waiting_shepherd_request, "cannot start a process for a program");
}

Result<Launcher::Child> Launcher::new_store() {
    return ask_unless_hung(store_request, "cannot start the history's process");
}

Result<Launcher::Child> Launcher::new_keeper() {
    return ask_unless_hung(keeper_request, "cannot start a process that keeps programs ready");
}

} // namespace dmev
