// SPDX-License-Identifier: Apache-2.0
#include "base/log_queue.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace dmev {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kGrace = std::chrono::seconds{1};

} // namespace

struct LogQueue::Shared {
    const Put put;
    const Bounds bounds;

    std::mutex mutex; // guards what follows
    std::condition_variable changed;
    std::deque<LogLine> lines;
    std::size_t bytes = 0;
    std::size_t dropped = 0; // since the last line that was taken
    log::Sink dropped_from = log::Sink::standard_error;
    bool writing = false;
    Clock::time_point writing_since;
    bool closing = false;

    Shared(Put&& how, Bounds limits) : put(std::move(how)), bounds(limits) {}

    bool pending() const { return !lines.empty() || dropped > 0; }

    // REQUIRES: pending().
    LogLine next() {
        if (lines.empty()) {
            const auto n = std::exchange(dropped, 0);
            return {dropped_from, log::Level::warning,
                    fmt::format("{} line{} of the log {} dropped", n, n == 1 ? "" : "s",
                                n == 1 ? "was" : "were")};
        }
        auto line = std::move(lines.front());
        lines.pop_front();
        bytes -= line.text.size();
        return line;
    }

    void run() {
        std::unique_lock lock{mutex};
        for (;;) {
            changed.wait(lock, [this] { return closing || pending(); });
            if (!pending()) return;
            const auto line = next();
            writing = true;
            writing_since = Clock::now();
            lock.unlock();
            put(line);
            lock.lock();
            writing = false;
            changed.notify_all();
        }
    }
};

std::unique_ptr<LogQueue> LogQueue::start(Put put, Bounds bounds) {
    auto shared = std::make_shared<Shared>(std::move(put), bounds);
    try {
        std::thread{[shared] { shared->run(); }}.detach();
    } catch (const std::system_error&) {
        return nullptr;
    }
    return std::unique_ptr<LogQueue>{new LogQueue{std::move(shared)}};
}

LogQueue::~LogQueue() {
    drain();
    const std::lock_guard lock{shared_->mutex};
    shared_->lines.clear();
    shared_->dropped = 0;
    shared_->closing = true;
    shared_->changed.notify_all();
}

void LogQueue::push(LogLine&& line) {
    auto& s = *shared_;
    const std::lock_guard lock{s.mutex};
    if (s.dropped > 0 || s.lines.size() >= s.bounds.lines || s.bytes + line.text.size() > s.bounds.bytes) {
        ++s.dropped;
        s.dropped_from = line.sink;
    } else {
        s.bytes += line.text.size();
        s.lines.push_back(std::move(line));
    }
    s.changed.notify_all();
}

void LogQueue::drain() {
    auto& s = *shared_;
    const auto limit = Clock::now() + kGrace;
    std::unique_lock lock{s.mutex};
    while (s.pending() || s.writing) {
        const auto until = s.writing ? std::min(limit, s.writing_since + kGrace) : limit;
        if (Clock::now() >= until) return;
        s.changed.wait_until(lock, until);
    }
}

} // namespace dmev
