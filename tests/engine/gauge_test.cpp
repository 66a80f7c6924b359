// SPDX-License-Identifier: Apache-2.0
#include "engine/gauge.hpp"

#include <gtest/gtest.h>

#include "driver.hpp"

namespace dmev {
namespace {

const GaugeType kGauge{"use", "toy.full", "blocks", 80, 5, 75};

struct Step {
    std::uint64_t used, total;
    int threshold; // 0: no news, -1: ended
};

void walk(const GaugeType& type, const std::vector<Step>& steps) {
    GaugeState gauge;
    Time now{};
    for (const auto& s : steps) {
        const auto news = gauge.update(type, s.used, s.total, now += 1s);
        const int got = !news ? 0 : news->raised ? static_cast<int>(news->threshold) : -1;
        EXPECT_EQ(got, s.threshold) << s.used << "/" << s.total;
    }
}

TEST(Gauge, StepsAreToldOnceTheHighestReached) {
    walk(kGauge, {{80, 100, 0},
                  {81, 100, 80},
                  {82, 100, 0},
                  {86, 100, 85},
                  {97, 100, 95},
                  {100, 100, 100},
                  {100, 100, 0}});
    walk(kGauge, {{100, 100, 100}});
    walk(kGauge, {{99, 100, 95}, {100, 100, 100}});
}

TEST(Gauge, AStepIsArmedAgainBelowIt) {
    walk(kGauge, {{81, 100, 80}, {76, 100, 0}, {82, 100, 0}, {75, 100, 0}, {74, 100, -1}, {81, 100, 80}});
    walk(kGauge, {{91, 100, 90}, {86, 100, 0}, {91, 100, 0}, {84, 100, 0}, {91, 100, 90}});
    walk(kGauge, {{100, 100, 100}, {96, 100, 0}, {100, 100, 0}, {94, 100, 0}, {100, 100, 100}});
}

TEST(Gauge, GrowthTellsAtOnceWhatStillHolds) {
    walk(kGauge, {{90, 100, 85}, {90, 105, 85}, {90, 112, 80}, {90, 114, -1}, {90, 200, 0}});
    walk(kGauge, {{90, 100, 85}, {90, 200, -1}});
}

TEST(Gauge, OffAndEmpty) {
    walk({"use", "toy.full", "", 0, 5, 0}, {{99, 100, 0}, {100, 100, 0}});
    walk({"use", "", "", 80, 5, 75}, {{100, 100, 0}});
    walk(kGauge, {{0, 0, 0}});
}

TEST(Gauge, OneLimitWithoutSteps) {
    walk({"use", "toy.full", "", 80, 0, 80}, {{90, 100, 80}, {95, 100, 0}, {100, 100, 100}});
}

TEST(Gauge, IsReadSeldomFarFromALimitAndOftenNear) {
    const EngineOptions options;
    GaugeState gauge;
    Time now{};
    gauge.update(kGauge, 100, 1000, now);
    EXPECT_EQ(gauge.next_read(kGauge, options), options.poll_interval);
    gauge.update(kGauge, 799, 1000, now += 100s);
    EXPECT_EQ(gauge.next_read(kGauge, options), options.poll_fastest);
    // 10 units a second, 100 to go: half of the 10 s that leaves.
    GaugeState filling;
    filling.update(kGauge, 690, 1000, now);
    filling.update(kGauge, 700, 1000, now += 1s);
    EXPECT_EQ(filling.next_read(kGauge, options), Duration{5s});
    // Full: nothing is near any more.
    filling.update(kGauge, 1000, 1000, now += 1s);
    EXPECT_EQ(filling.next_read(kGauge, options), options.poll_interval);
    EXPECT_FALSE(filling.next_read({"use", "", "", 80, 5, 75}, options));
}

TEST(Gauge, APauseOfWhoFillsItIsNotBelievedAtOnce) {
    const EngineOptions options;
    GaugeState gauge;
    Time now{};
    gauge.update(kGauge, 600, 1000, now);
    gauge.update(kGauge, 700, 1000, now += 10s); // 10 units a second
    gauge.update(kGauge, 700, 1000, now += 1s);
    gauge.update(kGauge, 701, 1000, now += 1s);
    // As of 2.5 a second, and 99 to go.
    EXPECT_EQ(gauge.next_read(kGauge, options), options.poll_interval);
    gauge.update(kGauge, 750, 1000, now += 1s);
    gauge.update(kGauge, 752, 1000, now += 500ms);
    EXPECT_EQ(gauge.next_read(kGauge, options), Duration{48s} / 49);
}

TEST(Gauge, NearIsWhatALittleMoreReaches) {
    GaugeState gauge;
    EXPECT_FALSE(gauge.near(kGauge));
    gauge.update(kGauge, 69, 100, Time{});
    EXPECT_FALSE(gauge.near(kGauge));
    gauge.update(kGauge, 70, 100, Time{} + 1s);
    EXPECT_TRUE(gauge.near(kGauge));
    EXPECT_FALSE(gauge.near({"use", "toy.full", "", 0, 5, 0}));
    gauge.update(kGauge, 99, 100, Time{} + 2s);
    EXPECT_TRUE(gauge.near(kGauge));
    gauge.update(kGauge, 100, 100, Time{} + 3s);
    EXPECT_FALSE(gauge.near(kGauge));
}

TEST(Gauge, WhatStandsStillNearALimitIsAskedLessAndLess) {
    const EngineOptions options;
    GaugeState gauge;
    Time now{};
    gauge.update(kGauge, 799, 1000, now);
    for (int i = 0; i < 6; ++i) gauge.unchanged(now += 1s);
    EXPECT_EQ(gauge.next_read(kGauge, options), options.poll_interval);
}

TEST(Gauge, WhatStandsStillNearALimitIsReadWhenItIsWrittenTo) {
    Driver d;
    d.start("use=79/100");
    for (int i = 0; i < 8; ++i) {
        const auto wishes = d.engine().take_wishes();
        ASSERT_EQ(wishes.size(), 1u);
        EXPECT_TRUE(wishes[0].by && wishes[0].near_limit);
        EXPECT_EQ(wishes[0].unwritten_by, d.at + 10s) << "after " << i;
        d.after(10s).see(d.toy("use=79/100", 0, Why::poll));
    }
}

TEST(Gauge, ThroughTheEngine) {
    Driver d;
    d.start("use=81/100");
    EXPECT_EQ(d.take(), (Lines{"toy.full raised initial"}));
    const auto wishes = d.engine().take_wishes();
    ASSERT_EQ(wishes.size(), 1u);
    EXPECT_TRUE(wishes[0].by && wishes[0].near_limit);
    EXPECT_EQ(wishes[0].unwritten_by, d.at + 10s);
    d.after(1s).see(d.toy("use=86/100", 0, Why::poll));
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(d.events[0].message, "toy0: 86 %, above 85 %");
    d.events.clear();
    EXPECT_EQ(d.after(1s).see(d.toy("use=86/200", 0, Why::poll)).take(),
              (Lines{"toy.grew", "toy.full cleared"}));
}

} // namespace
} // namespace dmev
