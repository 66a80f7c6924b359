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

// Lines that were written before go where they would have gone: in the background it waits for them, as
// drain() does.
void open(Sink sink, Level level);

// From here on a thread writes the lines, so that no line ever blocks who writes it; where writing hangs,
// lines beyond a bound are dropped, and their number is told once it works again. Call it when no more forks
// are to come, with the signals blocked that the thread is not to take. Without a thread to be had, lines
// are written as before.
void in_background();

// In the background: waits until every line is written, for at most a second. The end of the program calls
// it when all has been said.
void drain();

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
