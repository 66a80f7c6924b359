// SPDX-License-Identifier: Apache-2.0
#include "source/in_step.hpp"

#include <gtest/gtest.h>

#include <set>

namespace dmev {
namespace {

using namespace std::chrono_literals;

const Time start = *parse_utc("2026-01-31T10:15:00.123456789Z");

TEST(InStep, IsNeverLateAndAtMostAnEighthEarly) {
    for (const Duration left :
         {Duration{1}, Duration{7}, Duration{8}, Duration{250ms}, Duration{10s}, Duration{24h}})
        for (Duration shift{}; shift < 40s; shift += 977ms) {
            const auto now = start + shift;
            const auto at = in_step(now + left, now);
            EXPECT_LE(at, now + left);
            EXPECT_GE(at, now + left - left / 8);
        }
}

TEST(InStep, OverdueStaysAsItIs) {
    EXPECT_EQ(in_step(start - 1s, start), start - 1s);
    EXPECT_EQ(in_step(start, start), start);
}

TEST(InStep, AThousandDevicesAreReadAtOneOrTwoTimes) {
    std::set<Time> times;
    for (int device = 0; device < 1000; ++device) {
        const auto read = start + device * 1ms;
        times.insert(in_step(read + 30s, read + 2ms));
    }
    EXPECT_LE(times.size(), 2u);
}

// However often, and though a look at all takes a second: the times stay as few as steps fit between two
// looks, which is sixteen at most, and two for that second.
TEST(InStep, TimesDoNotScatterFromLookToLook) {
    std::vector<Time> due(1000);
    for (int device = 0; device < 1000; ++device) due[device] = start + device * 30ms;
    for (int look = 0; look < 50; ++look) {
        for (int device = 0; device < 1000; ++device) {
            const auto read = due[device] + device * 1ms;
            due[device] = in_step(read + 30s, read + 2ms);
        }
        EXPECT_LE((std::set<Time>{due.begin(), due.end()}.size()), 18u);
    }
}

} // namespace
} // namespace dmev
