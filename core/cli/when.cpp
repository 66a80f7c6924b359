// SPDX-License-Identifier: Apache-2.0
#include "cli/when.hpp"

#include <charconv>
#include <ctime>
#include <string>

namespace dmev {
namespace {

using namespace std::chrono;

std::optional<Time> before(std::string_view text, Time now) {
    if (text.size() < 2) return std::nullopt;
    constexpr std::pair<char, seconds> units[] = {
        {'s', 1s}, {'m', minutes{1}}, {'h', hours{1}}, {'d', days{1}}, {'w', weeks{1}}};
    std::uint32_t count = 0;
    const auto* const end = text.data() + text.size() - 1;
    const auto [stop, code] = std::from_chars(text.data(), end, count);
    if (code != std::errc{} || stop != end) return std::nullopt;
    for (const auto& [unit, length] : units) {
        if (unit != text.back()) continue;
        const auto since = now.time_since_epoch();
        return count > since / length ? Time{} : now - count * length;
    }
    return std::nullopt;
}

// What mktime() makes of it must be what was written: there is no 31st of June.
std::optional<Time> local(std::string_view text) {
    const std::string copy{text};
    for (const auto* format : {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
        std::tm tm{};
        const char* const end = strptime(copy.c_str(), format, &tm);
        if (!end || end != copy.c_str() + copy.size()) continue;
        tm.tm_isdst = -1;
        const auto day = tm.tm_mday;
        const auto time = std::mktime(&tm);
        if (time < 0 || time > 9'000'000'000 || tm.tm_mday != day) return std::nullopt;
        return Time{seconds{time}};
    }
    return std::nullopt;
}

} // namespace

std::optional<Time> parse_when(std::string_view text, Time now) {
    if (const auto time = before(text, now)) return time;
    if (const auto time = parse_utc(text)) return time;
    return local(text);
}

} // namespace dmev
