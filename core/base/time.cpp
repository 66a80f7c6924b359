// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"

#include <fmt/format.h>

#include <ctime>

namespace dmev {
namespace {

using namespace std::chrono;

// The last COUNT digits of VALUE, which is not negative, at AT.
void put_digits(std::string& text, size_t at, size_t count, int64_t value) {
    for (size_t i = at + count; i > at; value /= 10) text[--i] = static_cast<char>('0' + value % 10);
}

// Reads from left to right; what is not as it should be is asked for once, at the end.
class Reader {
 public:
    explicit Reader(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

    // So many digits.
    int number(int digits) {
        int value = 0;
        ok_ &= end_ - at_ >= digits;
        for (const char* const end = ok_ ? at_ + digits : at_; at_ != end; ++at_) {
            ok_ &= is_digit();
            value = value * 10 + (*at_ - '0');
        }
        return value;
    }
    void literal(char c) { ok_ &= is(c); }
    // ".123456" as nanoseconds; no point at all is zero.
    Duration fraction() {
        if (!is('.')) return Duration{0};
        int64_t value = 0, scale = 1'000'000'000;
        for (; at_ != end_ && is_digit() && scale > 1; ++at_, scale /= 10) value = value * 10 + (*at_ - '0');
        ok_ &= scale < 1'000'000'000;
        return Duration{value * scale};
    }
    minutes zone() {
        if (is('Z')) return minutes{0};
        const bool east = is('+');
        if (!east) literal('-');
        const int h = number(2);
        literal(':');
        const int m = number(2);
        ok_ &= h <= 23 && m <= 59;
        return east ? minutes{h * 60 + m} : -minutes{h * 60 + m};
    }
    bool ok_and_over() const { return ok_ && at_ == end_; }

 private:
    bool is_digit() const { return *at_ >= '0' && *at_ <= '9'; }
    bool is(char c) {
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    const char *at_, *end_;
    bool ok_ = true;
};

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
    Reader in{text};
    const int y = in.number(4);
    in.literal('-');
    const int mo = in.number(2);
    in.literal('-');
    const int d = in.number(2);
    in.literal('T');
    const int h = in.number(2);
    in.literal(':');
    const int mi = in.number(2);
    in.literal(':');
    const int s = in.number(2);
    const auto sub = in.fraction();
    const auto offset = in.zone();
    const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
    // What nanoseconds in 64 bits can hold ends in 2262.
    if (!in.ok_and_over() || !date.ok() || y < 1970 || y > 2261 || h > 23 || mi > 59 || s > 60)
        return std::nullopt;
    return Time{sys_days{date}} + hours{h} + minutes{mi} + seconds{s} + sub - offset;
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
