// SPDX-License-Identifier: Apache-2.0
// Diagnostics for people: standard error while in the foreground, the journal or syslog when detached.
// Thread-safe. Strings of the kernel go through escape() first: the caller sees to it.
#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/text.hpp"

namespace dmev::log {

enum class Level { debug, info, warning, error };

enum class Sink { standard_error, system };
void open(Sink sink, Level level);
bool enabled(Level level);
void write(Level level, std::string_view line);

template <class... A>
void debug(fmt::format_string<A...> format, A&&... args) {
    if (enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<A>(args)...));
}
template <class... A>
void info(fmt::format_string<A...> format, A&&... args) {
    if (enabled(Level::info)) write(Level::info, fmt::format(format, std::forward<A>(args)...));
}
template <class... A>
void warning(fmt::format_string<A...> format, A&&... args) {
    write(Level::warning, fmt::format(format, std::forward<A>(args)...));
}
template <class... A>
void error(fmt::format_string<A...> format, A&&... args) {
    write(Level::error, fmt::format(format, std::forward<A>(args)...));
}

} // namespace dmev::log
