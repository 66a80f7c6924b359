// SPDX-License-Identifier: Apache-2.0
// A command line, one argument to a line: options that are what was written, or an error that says what is
// wrong. Each argument is also a time, or none.
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "cli/when.hpp"
#include "input.hpp"

using namespace dmev;

namespace {

const Time now = *parse_utc("2026-01-31T10:15:02.5Z");

void look_at_time(std::string_view text) {
    const auto time = parse_when(text, now);
    if (const auto utc = parse_utc(text)) promise(time == utc);
    if (!time || text.empty()) return;
    if (std::string_view{"smhdw"}.find(text.back()) != text.npos) promise(*time >= Time{} && *time <= now);
    promise(!format_local(*time).empty());
    if (*time >= Time{}) promise(parse_when(format_utc(*time), now) == *time);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::string> words{"dmevent_tool"};
    for (auto rest = view(data, size); !rest.empty();) {
        const auto line = next_line(rest);
        look_at_time(line);
        words.emplace_back(line.substr(0, line.find('\0'))); // as the kernel would hand it over
    }
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto options = parse_options(static_cast<int>(words.size()), argv.data());
    if (!options) {
        promise(options.error().kind == ErrorKind::usage && !options.error().text().empty());
        return 0;
    }
    const auto& past = options->past;
    promise(!past.since || !past.until || *past.since <= *past.until || options->mode == Mode::help ||
            options->mode == Mode::version);
    return 0;
}
