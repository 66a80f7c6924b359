// SPDX-License-Identifier: Apache-2.0
// The log's lines on their way to a thread that writes them, so that a full pipe or a logging daemon that
// hangs never stops who logs.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"

namespace dmev {

struct LogLine {
    log::Sink sink;
    log::Level level;
    std::string text;
};

// Keeps the order. When it is full, new lines are dropped until all it holds is written; then their number
// is written in their place.
class LogQueue {
 public:
    struct Bounds {
        std::size_t lines = 4096;
        std::size_t bytes = 1 << 20;
    };
    using Put = std::function<void(const LogLine&)>;

    // PUT is called on the thread alone, and may block. Null when no thread can be had.
    // The thread takes no signal that the caller blocks.
    static std::unique_ptr<LogQueue> start(Put put, Bounds bounds);
    ~LogQueue(); // drains; what is not written by then never is, but for the line that PUT hangs in
    LogQueue(const LogQueue&) = delete;
    LogQueue& operator=(const LogQueue&) = delete;

    void push(LogLine&& line); // never blocks

    // Waits until everything is written, for at most a second; no longer than until one line has taken a
    // second, so that it costs nothing where writing hangs already.
    void drain();

 private:
    struct Shared;
    explicit LogQueue(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    std::shared_ptr<Shared> shared_; // also the thread's, which may hang in PUT after we are gone
};

} // namespace dmev
