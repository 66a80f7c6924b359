// SPDX-License-Identifier: Apache-2.0
#include "base/loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

namespace dmev {

Result<Loop> Loop::create() {
    Loop loop;
    loop.epoll_ = Fd{epoll_create1(EPOLL_CLOEXEC)};
    if (!loop.epoll_) return errno_error("cannot create the event loop", "", errno);
    return loop;
}

Result<> Loop::watch(int fd, std::uint32_t events, FdHandler handler) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0)
        return errno_error("cannot watch descriptor", std::to_string(fd), errno);
    watched_[fd] = std::make_shared<Watched>(Watched{std::move(handler)});
    return {};
}

Result<> Loop::change(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) < 0)
        return errno_error("cannot watch descriptor", std::to_string(fd), errno);
    return {};
}

void Loop::forget(int fd) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    watched_.erase(fd);
}

Loop::TimerId Loop::at(Clock::time_point when, std::function<void()> handler) {
    const auto id = ++last_timer_;
    timers_.emplace(std::pair{when, id}, std::move(handler));
    return id;
}

void Loop::cancel(TimerId id) {
    std::erase_if(timers_, [id](const auto& timer) { return timer.first.second == id; });
}

void Loop::run_timers() {
    // A timer set by a handler waits for the next round, so that none can starve the descriptors.
    const auto now = Clock::now();
    const auto newest = last_timer_;
    for (;;) {
        const auto it = std::find_if(timers_.begin(), timers_.end(),
                                     [newest](const auto& timer) { return timer.first.second <= newest; });
        if (it == timers_.end() || it->first.first > now) return;
        const auto handler = std::move(it->second);
        timers_.erase(it);
        handler();
    }
}

Result<> Loop::step(std::chrono::milliseconds timeout) {
    if (!timers_.empty()) {
        const auto until = timers_.begin()->first.first - Clock::now();
        timeout = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(until),
                             std::chrono::milliseconds{0}, timeout);
    }
    epoll_event events[64];
    const int n = epoll_wait(epoll_.get(), events, 64, static_cast<int>(timeout.count()));
    if (n < 0 && errno != EINTR) return errno_error("cannot wait for events", "", errno);
    for (int i = 0; i < n; ++i) {
        const auto it = watched_.find(events[i].data.fd);
        if (it == watched_.end()) continue; // forgotten by a handler of this round
        const auto keep = it->second;       // the handler may forget itself
        keep->handler(events[i].events);
    }
    run_timers();
    return {};
}

Result<> Loop::run() {
    running_ = true;
    while (running_) {
        if (auto r = step(std::chrono::hours{1}); !r) return r;
    }
    return {};
}

} // namespace dmev
