// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <random>

namespace dmev {
namespace {

using namespace std::chrono_literals;

TEST(Time, IsWrittenWithNineDigits) {
    EXPECT_EQ(format_utc(Time{}), "1970-01-01T00:00:00.000000000Z");
    EXPECT_EQ(format_utc(Time{1'769'854'502'123'456'789ns}), "2026-01-31T10:15:02.123456789Z");
    EXPECT_EQ(format_utc(Time{951'782'400s}), "2000-02-29T00:00:00.000000000Z");
}

TEST(Time, ReadsBackWhatWasWritten) {
    std::mt19937_64 random{4};
    for (int i = 0; i < 20'000; ++i) {
        const Time time{Duration{static_cast<std::int64_t>(random() % 9'200'000'000'000'000'000ULL)}};
        ASSERT_EQ(parse_utc(format_utc(time)), time) << format_utc(time);
    }
}

TEST(Time, TakesFractionsAndZones) {
    const Time second{1'769'854'502s};
    EXPECT_EQ(parse_utc("2026-01-31T10:15:02Z"), second);
    EXPECT_EQ(parse_utc("2026-01-31T10:15:02.5Z"), second + 500ms);
    EXPECT_EQ(parse_utc("2026-01-31T10:15:02.000000001Z"), second + 1ns);
    EXPECT_EQ(parse_utc("2026-01-31T12:15:02+02:00"), second);
    EXPECT_EQ(parse_utc("2026-01-31T04:45:02.25-05:30"), second + 250ms);
}

TEST(Time, RefusesEverythingElse) {
    for (const auto* bad : {"",
                            "now",
                            "2026-01-31",
                            "2026-01-31 10:15:02Z",
                            "2026-01-31T10:15:02",
                            "2026-01-31T10:15Z",
                            "2026-02-30T10:15:02Z",
                            "2025-02-29T10:15:02Z",
                            "2026-13-01T10:15:02Z",
                            "2026-01-31T24:15:02Z",
                            "2026-01-31T10:60:02Z",
                            "2026-01-31T10:15:61Z",
                            "2026-01-31T10:15:02.Z",
                            "2026-01-31T10:15:02.0000000001Z",
                            "2026-01-31T10:15:02Zx",
                            "2026-01-31T10:15:02+0200",
                            "2026-01-31T10:15:02+24:00",
                            "1969-12-31T23:59:59Z",
                            "2262-01-01T00:00:00Z",
                            "-026-01-31T10:15:02Z",
                            "2026-01-31t10:15:02Z"})
        EXPECT_FALSE(parse_utc(bad)) << bad;
}

TEST(Time, IsShownInTheLocalZone) {
    const char* const before = std::getenv("TZ");
    const std::string saved = before ? before : "";
    setenv("TZ", "XXX-03:30", 1);
    tzset();
    EXPECT_EQ(format_local(Time{1'769'854'502'123'999'999ns}), "2026-01-31 13:45:02.123");
    if (before)
        setenv("TZ", saved.c_str(), 1);
    else
        unsetenv("TZ");
    tzset();
}

} // namespace
} // namespace dmev
