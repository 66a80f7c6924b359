// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include <memory>

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

std::shared_ptr<spdlog::logger>& logger() {
    static std::shared_ptr<spdlog::logger> instance = [] {
        auto l = std::make_shared<spdlog::logger>("dmevent_tool",
                                                  std::make_shared<spdlog::sinks::stderr_sink_mt>());
        l->set_pattern("dmevent_tool: %v");
        l->set_level(spdlog::level::info);
        return l;
    }();
    return instance;
}

} // namespace

void open(Sink sink, Level level) {
    if (sink == Sink::system) {
        logger() = std::make_shared<spdlog::logger>(
            "dmevent_tool",
            std::make_shared<spdlog::sinks::syslog_sink_mt>("dmevent_tool", LOG_PID, LOG_DAEMON, false));
        logger()->set_pattern("%v");
    }
    logger()->set_level(to_spdlog(level));
}

bool enabled(Level level) { return logger()->should_log(to_spdlog(level)); }

void write(Level level, std::string_view line) { logger()->log(to_spdlog(level), "{}", line); }

} // namespace dmev::log
