// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"

#include <fmt/format.h>

#include <ctime>

namespace dmev {
namespace {

using namespace std::chrono;

// A fixed number of digits at the front of TEXT, which it removes.
std::optional<int> digits(std::string_view& text, size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

// The last COUNT digits of VALUE, which is not negative, at AT.
void put_digits(std::string& text, size_t at, size_t count, int64_t value) {
    for (size_t i = at + count; i > at; value /= 10) text[--i] = static_cast<char>('0' + value % 10);
}

bool literal(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

// ".123456" as nanoseconds; no point at all is zero.
std::optional<Duration> fraction(std::string_view& text) {
    if (!literal(text, '.')) return Duration{0};
    int64_t value = 0, scale = 1'000'000'000;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (scale == 1) return std::nullopt;
        value = value * 10 + (text.front() - '0');
        scale /= 10;
        text.remove_prefix(1);
    }
    if (scale == 1'000'000'000) return std::nullopt;
    return Duration{value * scale};
}

std::optional<minutes> zone(std::string_view& text) {
    if (literal(text, 'Z')) return minutes{0};
    const bool east = !text.empty() && text.front() == '+';
    if (!east && (text.empty() || text.front() != '-')) return std::nullopt;
    text.remove_prefix(1);
    const auto h = digits(text, 2);
    if (!h || !literal(text, ':')) return std::nullopt;
    const auto m = digits(text, 2);
    if (!m || *h > 23 || *m > 59) return std::nullopt;
    const minutes offset{*h * 60 + *m};
    return east ? offset : -offset;
}

} // namespace

std::string format_utc(Time time) {
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::string out = "0000-00-00T00:00:00.000000000Z";
    put_digits(out, 0, 4, static_cast<int>(date.year()));
    put_digits(out, 5, 2, static_cast<unsigned>(date.month()));
    put_digits(out, 8, 2, static_cast<unsigned>(date.day()));
    put_digits(out, 11, 2, clock.hours().count());
    put_digits(out, 14, 2, clock.minutes().count());
    put_digits(out, 17, 2, clock.seconds().count());
    put_digits(out, 20, 9, clock.subseconds().count());
    return out;
}

std::optional<Time> parse_utc(std::string_view text) {
    const auto y = digits(text, 4);
    if (!y || !literal(text, '-')) return std::nullopt;
    const auto mo = digits(text, 2);
    if (!mo || !literal(text, '-')) return std::nullopt;
    const auto d = digits(text, 2);
    if (!d || !literal(text, 'T')) return std::nullopt;
    const auto h = digits(text, 2);
    if (!h || !literal(text, ':')) return std::nullopt;
    const auto mi = digits(text, 2);
    if (!mi || !literal(text, ':')) return std::nullopt;
    const auto s = digits(text, 2);
    if (!s) return std::nullopt;
    const auto sub = fraction(text);
    const auto offset = sub ? zone(text) : std::nullopt;
    if (!offset || !text.empty()) return std::nullopt;
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
    // What nanoseconds in 64 bits can hold ends in 2262.
    if (!date.ok() || *y < 1970 || *y > 2261 || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
    return Time{sys_days{date}} + hours{*h} + minutes{*mi} + seconds{*s} + *sub - *offset;
}

std::string format_local(Time time) {
    const auto whole = floor<seconds>(time);
    const std::time_t t = whole.time_since_epoch().count();
    std::tm tm{};
    localtime_r(&t, &tm);
    const auto ms = duration_cast<milliseconds>(time - whole).count();
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", tm.tm_year + 1900, tm.tm_mon + 1,
                       tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
}

} // namespace dmev
