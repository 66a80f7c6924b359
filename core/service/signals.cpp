// SPDX-License-Identifier: Apache-2.0
#include "service/signals.hpp"

#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>

namespace dmev {
namespace {

sigset_t handled() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    return set;
}

} // namespace

void Signals::block() {
    const auto set = handled();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Result<Signals> Signals::watch(Loop& loop, std::function<void(int)> handler) {
    const auto set = handled();
    Fd fd{signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!fd) return errno_error("cannot watch for signals", "", errno);
    const auto read_all = [raw = fd.get(), handler = std::move(handler)](std::uint32_t) {
        signalfd_siginfo info{};
        while (read(raw, &info, sizeof info) == sizeof info) handler(static_cast<int>(info.ssi_signo));
    };
    if (auto r = loop.watch(fd.get(), EPOLLIN, read_all); !r) return r.error();
    return Signals{loop, std::move(fd)};
}

Signals::~Signals() {
    if (fd_) loop_->forget(fd_.get());
}

} // namespace dmev
