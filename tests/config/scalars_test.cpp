// SPDX-License-Identifier: Apache-2.0
// Each kind of value as people write it; the patterns for editors are held against the functions.
#include "config/scalars.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace dmev {
namespace {

using namespace std::chrono_literals;

// What RESULT's value is written as, or why there is none.
template <class T, class Format>
std::string round_trip(const Result<T>& result, Format format) {
    return result ? format(*result) : result.error().why;
}

bool fits(const char* pattern, const std::string& text) {
    return std::regex_match(text, std::regex{pattern, std::regex::extended});
}

TEST(Scalars, Durations) {
    const std::pair<const char*, Millis> right[] = {{"250ms", 250ms},       {"0s", 0ms},  {"10s", 10s},
                                                    {"90m", 90min},         {"2h", 2h},   {"1d", 24h},
                                                    {"365d", kLongestTime}, {"007s", 7s}, {"0ms", 0ms}};
    for (const auto& [text, value] : right) {
        const auto duration = parse_duration(text);
        ASSERT_TRUE(duration) << text;
        EXPECT_EQ(*duration, value) << text;
        EXPECT_TRUE(fits(kDurationPattern, text)) << text;
        const auto again = parse_duration(format_duration(value));
        ASSERT_TRUE(again) << text;
        EXPECT_EQ(*again, value) << text;
    }
    for (const auto* text : {"", "10", "s", "10sec", "10 s", " 10s", "10s ", "-1s", "+1s", "1.5h", "1h30m",
                             "1e3s", "10S", "10M", "1w", "\xD9\xA1s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
        EXPECT_FALSE(fits(kDurationPattern, text)) << text;
    }
    EXPECT_FALSE(parse_duration("366d")) << "of the value, not of the form";
    EXPECT_FALSE(parse_duration("99999999999999999999s"));
    EXPECT_EQ(format_duration(0ms), "0s");
    EXPECT_EQ(format_duration(1500ms), "1500ms");
    EXPECT_EQ(format_duration(90s), "90s");
    EXPECT_EQ(format_duration(60s), "1m");
    EXPECT_EQ(format_duration(48h), "2d");
}

TEST(Scalars, Sizes) {
    const std::pair<const char*, std::uint64_t> right[] = {{"256MiB", 256ULL << 20},
                                                           {"1GB", 1'000'000'000},
                                                           {"1kB", 1000},
                                                           {"3KiB", 3072},
                                                           {"2TiB", 2ULL << 40}};
    for (const auto& [text, value] : right) {
        const auto size = parse_size(text);
        ASSERT_TRUE(size) << text;
        EXPECT_EQ(size->bytes, value) << text;
        EXPECT_EQ(format_size(*size), text);
        EXPECT_TRUE(fits(kSizePattern, text)) << text;
    }
    for (const auto* text :
         {"", "256", "MiB", "256M", "256 MiB", "-1MiB", "1.5GiB", "1mib", "1B", "0x1MiB"}) {
        EXPECT_FALSE(parse_size(text)) << text;
        EXPECT_FALSE(fits(kSizePattern, text)) << text;
    }
    EXPECT_FALSE(parse_size("2000TiB"));
    EXPECT_FALSE(parse_size("99999999999999999999MiB"));
}

TEST(Scalars, FlagsAreTwoWords) {
    EXPECT_TRUE(*parse_flag("true"));
    EXPECT_FALSE(*parse_flag("false"));
    for (const auto* text : {"yes", "no", "on", "off", "True", "FALSE", "1", "0", "y", ""})
        EXPECT_FALSE(parse_flag(text)) << text;
}

TEST(Scalars, Counts) {
    EXPECT_EQ(*parse_count("0"), 0u);
    EXPECT_EQ(*parse_count("4294967295"), 4294967295u);
    for (const auto* text : {"4294967296", "", "-1", "+1", "010", "0x10", "1.0", "1e3", " 1", "1_000"})
        EXPECT_FALSE(parse_count(text)) << text;
}

TEST(Scalars, Percentages) {
    EXPECT_EQ(*parse_percent("80"), 80);
    EXPECT_EQ(*parse_percent("82.5"), 82.5);
    EXPECT_EQ(*parse_percent("0.0"), 0);
    for (const auto* text : {"", ".", "80.", ".5", "-1", "1e1", "nan", "inf", "0x1", "80 %", "1.2.3"})
        EXPECT_FALSE(parse_percent(text)) << text;
    EXPECT_EQ(parse_percent("80%").error().remedy, "write 80");
}

TEST(Scalars, Reminders) {
    for (const auto* text : {"once", "every 1h", "diminishing 6h"}) {
        EXPECT_EQ(round_trip(parse_remind(text), format_remind), text);
        EXPECT_TRUE(fits(kRemindPattern, text)) << text;
    }
    EXPECT_EQ(round_trip(parse_remind("diminishing"), format_remind), "diminishing 1d");
    EXPECT_EQ(round_trip(parse_remind("every  60m"), format_remind), "every 1h");
    for (const auto* text :
         {"", "never", "every", "every 1", "1h", "every1h", "once 1h", "diminishing 1h 2h"}) {
        EXPECT_FALSE(parse_remind(text)) << text;
        EXPECT_FALSE(fits(kRemindPattern, text)) << text;
    }
    EXPECT_FALSE(parse_remind("every 0s"));
}

TEST(Scalars, MaxRuns) {
    for (const auto* text : {"5 per 10m", "1 per 1d"}) {
        EXPECT_EQ(round_trip(parse_max_runs(text), format_max_runs), text);
        EXPECT_TRUE(fits(kMaxRunsPattern, text)) << text;
    }
    for (const auto* text :
         {"", "5", "5 per", "5 per 10", "per 10m", "0 per 10m", "-1 per 1m", "5per10m", "5 per 10m or so"}) {
        EXPECT_FALSE(parse_max_runs(text)) << text;
        EXPECT_FALSE(fits(kMaxRunsPattern, text)) << text;
    }
    EXPECT_FALSE(parse_max_runs("5 per 0s"));
}

TEST(Scalars, Backoffs) {
    for (const auto* text : {"1s..5m", "10s"}) {
        EXPECT_EQ(round_trip(parse_backoff(text), format_backoff), text);
        EXPECT_TRUE(fits(kBackoffPattern, text)) << text;
    }
    EXPECT_EQ(round_trip(parse_backoff("1s .. 5m"), format_backoff), "1s..5m");
    EXPECT_EQ(parse_backoff("10s")->longest, 10s);
    for (const auto* text : {"", "..", "1s..", "..5m", "1s...5m", "1s-5m", "1..5"}) {
        EXPECT_FALSE(parse_backoff(text)) << text;
        EXPECT_FALSE(fits(kBackoffPattern, text)) << text;
    }
    EXPECT_FALSE(parse_backoff("5m..1s"));
    EXPECT_FALSE(parse_backoff("0s"));
}

} // namespace
} // namespace dmev
