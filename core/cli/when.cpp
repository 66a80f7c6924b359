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

std::tm midnight(Time now) {
    const std::time_t seconds = system_clock::to_time_t(time_point_cast<system_clock::duration>(now));
    std::tm tm{};
    localtime_r(&seconds, &tm);
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    return tm;
}

std::optional<Time> of_tm(std::tm tm) {
    const auto time = std::mktime(&tm);
    if (time < 0 || time > 9'000'000'000) return std::nullopt;
    return Time{seconds{time}};
}

std::optional<Time> local(std::string_view text, Time now) {
    auto day = midnight(now);
    if (text == "today") return of_tm(day);
    if (text == "yesterday") {
        --day.tm_mday;
        return of_tm(day);
    }
    const std::string copy{text};
    for (const auto* format : {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%H:%M:%S", "%H:%M"}) {
        auto tm = day;
        const char* const end = strptime(copy.c_str(), format, &tm);
        if (!end || end != copy.c_str() + copy.size()) continue;
        // What mktime() makes of it must be what was written: there is no 31st of June.
        auto made = tm;
        if (std::mktime(&made) < 0 || made.tm_mday != tm.tm_mday) return std::nullopt;
        return of_tm(tm);
    }
    return std::nullopt;
}

} // namespace

std::optional<Time> parse_when(std::string_view text, Time now) {
    if (const auto time = before(text, now)) return time;
    if (const auto time = parse_utc(text)) return time;
    return local(text, now);
}

} // namespace dmev
