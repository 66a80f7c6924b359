// SPDX-License-Identifier: Apache-2.0
// The event loop: epoll over descriptors, one set of timers, nothing that blocks.
// Single-threaded; handlers run on the thread that called run().
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace dmev {

class Loop {
 public:
    using Clock = std::chrono::steady_clock;
    using FdHandler = std::function<void(std::uint32_t epoll_events)>;
    using TimerId = std::uint64_t; // 0 is none

    static Result<Loop> create();

    // Calls HANDLER whenever FD has one of EVENTS (EPOLLIN, ...). FD stays the caller's, who must forget() it
    // before closing. A handler may watch, forget and set timers, also its own.
    Result<> watch(int fd, std::uint32_t events, FdHandler handler);
    Result<> change(int fd, std::uint32_t events);
    void forget(int fd);

    // Calls HANDLER once, at WHEN or soon after.
    TimerId at(Clock::time_point when, std::function<void()> handler);
    TimerId after(Clock::duration delay, std::function<void()> handler) {
        return at(Clock::now() + delay, std::move(handler));
    }
    void cancel(TimerId id);

    // Runs until stop(); the error is epoll's own.
    Result<> run();
    void stop() { running_ = false; }
    // Waits at most TIMEOUT and handles what is ready; for tests and for draining.
    Result<> step(std::chrono::milliseconds timeout);

 private:
    Loop() = default;
    struct Watched {
        FdHandler handler;
    };
    void run_timers();

    Fd epoll_;
    std::map<int, std::shared_ptr<Watched>> watched_;
    std::map<std::pair<Clock::time_point, TimerId>, std::function<void()>> timers_;
    TimerId last_timer_ = 0;
    bool running_ = false;
};

} // namespace dmev
