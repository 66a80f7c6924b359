// SPDX-License-Identifier: Apache-2.0
// Whatever the writing thread may touch is never destroyed: it may hang in a write while the program exits,
// and then holds even the lock of syslog(3), for which the end of spdlog's sink would wait.
#include "base/log.hpp"

#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>

#include "base/log_queue.hpp"

namespace dmev::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

// Not by way of stdio: exit() may wait for the lock of a stream that a thread hangs in.
class StandardError final : public spdlog::sinks::base_sink<std::mutex> {
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t text;
        formatter_->format(message, text);
        for (std::size_t done = 0; done < text.size();) {
            const auto n = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
            if (n >= 0)
                done += static_cast<std::size_t>(n);
            else if (errno == EAGAIN) // somebody shares it who made it non-blocking
                wait();
            else if (errno != EINTR)
                return; // there is nobody left to tell
        }
    }
    void flush_() override {}

    static void wait() {
        pollfd out{STDERR_FILENO, POLLOUT, 0};
        poll(&out, 1, -1);
    }
};

std::unique_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink, const char* pattern) {
    auto made = std::make_unique<spdlog::logger>("dmevent_tool", std::move(sink));
    made->set_pattern(pattern);
    made->set_level(spdlog::level::trace); // enabled() decides
    return made;
}

// Made at the first use, which is the thread's if there is one: opening the system's log may block as well.
spdlog::logger& logger(Sink sink) {
    if (sink == Sink::system) {
        static auto* const system = make_logger(std::make_shared<spdlog::sinks::syslog_sink_mt>(
                                                    "dmevent_tool", LOG_PID, LOG_DAEMON, false),
                                                "%v")
                                        .release();
        return *system;
    }
    static auto* const standard_error =
        make_logger(std::make_shared<StandardError>(), "dmevent_tool: %v").release();
    return *standard_error;
}

void put(const LogLine& line) { logger(line.sink).log(to_spdlog(line.level), "{}", line.text); }

struct State {
    std::atomic<Sink> sink{Sink::standard_error};
    std::atomic<Level> level{Level::info};
    std::atomic<LogQueue*> queue{nullptr}; // set: in the background
};

State& state() {
    static auto* const instance = new State;
    return *instance;
}

} // namespace

void open(Sink sink, Level level) {
    if (sink != state().sink) drain();
    state().sink = sink;
    state().level = level;
}

void in_background() {
    if (!state().queue) state().queue = LogQueue::start(put, {}).release();
}

void drain() {
    if (auto* const queue = state().queue.load()) queue->drain();
}

bool enabled(Level level) { return level >= state().level; }

void write(Level level, std::string_view line) {
    if (!enabled(level)) return;
    LogLine entry{state().sink, level, std::string{line}};
    if (auto* const queue = state().queue.load())
        queue->push(std::move(entry));
    else
        put(entry);
}

} // namespace dmev::log
