// SPDX-License-Identifier: Apache-2.0
#include "cli/when.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace dmev {
namespace {

struct When : testing::Test {
    const Time now = *parse_utc("2026-07-31T10:15:00Z");
    void SetUp() override {
        setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
        tzset();
    }
    void TearDown() override {
        unsetenv("TZ");
        tzset();
    }
    std::string parsed(const char* text) {
        const auto time = parse_when(text, now);
        return time ? format_utc(*time).substr(0, 19) : "none";
    }
};

TEST_F(When, SoLongAgo) {
    EXPECT_EQ(parsed("90s"), "2026-07-31T10:13:30");
    EXPECT_EQ(parsed("15m"), "2026-07-31T10:00:00");
    EXPECT_EQ(parsed("2h"), "2026-07-31T08:15:00");
    EXPECT_EQ(parsed("7d"), "2026-07-24T10:15:00");
    EXPECT_EQ(parsed("1w"), "2026-07-24T10:15:00");
    EXPECT_EQ(parsed("4000000000w"), "1970-01-01T00:00:00");
}

TEST_F(When, LocalTimesWithTheirSummerTime) {
    EXPECT_EQ(parsed("2026-07-01 10:15"), "2026-07-01T08:15:00");
    EXPECT_EQ(parsed("2026-01-01 10:15:02"), "2026-01-01T09:15:02");
    EXPECT_EQ(parsed("2026-01-01"), "2025-12-31T23:00:00");
}

TEST_F(When, TodayAndYesterday) {
    EXPECT_EQ(parsed("today"), "2026-07-30T22:00:00");
    EXPECT_EQ(parsed("yesterday"), "2026-07-29T22:00:00");
    EXPECT_EQ(parsed("10:15"), "2026-07-31T08:15:00");
    EXPECT_EQ(parsed("10:15:02"), "2026-07-31T08:15:02");
    const auto first = *parse_utc("2026-03-01T12:00:00Z");
    EXPECT_EQ(format_utc(*parse_when("yesterday", first)).substr(0, 19), "2026-02-27T23:00:00");
}

TEST_F(When, TimesOfAnyZone) {
    EXPECT_EQ(parsed("2026-07-01T10:15:02Z"), "2026-07-01T10:15:02");
    EXPECT_EQ(parsed("2026-07-01T10:15:02.5-02:00"), "2026-07-01T12:15:02");
}

TEST_F(When, NothingElse) {
    for (const auto* text :
         {"", "h", "2", "2 h", "-2h", "1.5h", "2y", "tomorrow", "24:15", "2026-06-31", "2026-13-01",
          "2026-01-01 10:15x", "10:15x", "99999999999999999999h", "1960-01-01", "9999-01-01"})
        EXPECT_EQ(parsed(text), "none") << text;
}

} // namespace
} // namespace dmev
