// SPDX-License-Identifier: Apache-2.0
// Uevents and status as two views of one change.
#include <gtest/gtest.h>

#include "driver.hpp"

namespace dmev {
namespace {

const char* kGood = "path=8:0:A:0 path=8:16:A:0";

TEST(Paths, AUeventIsTheEventAndTheStatusIsNoNews) {
    Driver d;
    d.start(kGood);
    EXPECT_EQ(d.see(d.path("PATH_FAILED", "8:0", 1)).take(), (Lines{"toy.path_failed 8:0 raised"}));
    EXPECT_EQ(d.after(1ms).see(d.toy("path=8:0:F:1 path=8:16:A:0", 1)).take(), Lines{});
    EXPECT_EQ(d.see(d.path("PATH_REINSTATED", "8:0", 2)).take(), (Lines{"toy.path_back 8:0"}));
    EXPECT_EQ(d.after(1ms).see(d.toy("path=8:0:A:1 path=8:16:A:0", 2)).take(), Lines{});
    d.engine().advance(d.at + 1h);
    EXPECT_EQ(d.take(), Lines{});
}

TEST(Paths, ABatchArrivesNewestFirst) {
    Driver d;
    d.start(kGood);
    d.see(d.path("PATH_FAILED", "8:0", 1)).take();
    d.see(d.path("PATH_FAILED", "8:64", 4)).see(d.path("PATH_FAILED", "8:48", 3));
    EXPECT_EQ(d.take(), Lines{}); // 2 is missing
    d.see(d.path("PATH_FAILED", "8:32", 2));
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:32 raised", "toy.path_failed 8:48 raised",
                               "toy.path_failed 8:64 raised"}));
    EXPECT_EQ(d.events.size(), 0u);
}

TEST(Paths, ABatchEndsAfterTenMilliseconds) {
    Driver d;
    d.start(kGood);
    d.see(d.path("PATH_FAILED", "8:0", 5));
    EXPECT_EQ(*d.engine().due(), d.at + 10ms);
    d.engine().advance(d.at + 9ms);
    EXPECT_EQ(d.take(), Lines{});
    const auto before = d.at;
    d.engine().advance(d.at + 20ms);
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(d.events[0].time, before + 10ms);
    EXPECT_EQ(*d.events[0].uevent->dm_seqnum, 5u);
}

TEST(Paths, ABatchEndsWithTheNextOtherObservation) {
    Driver d;
    d.start(kGood);
    d.see(d.path("PATH_FAILED", "8:0", 5)).see(d.path("PATH_FAILED", "9:0", 6, 1, 9));
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 raised", "device.added"}));
    d.see(Tick{});
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 9:0 raised"}));
}

TEST(Paths, AFailAndAReturnAtOnceAreTwoEvents) {
    Driver d;
    d.start(kGood);
    d.see(d.path("PATH_REINSTATED", "8:0", 2)).see(d.path("PATH_FAILED", "8:0", 1));
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 raised", "toy.path_back 8:0"}));
    EXPECT_EQ(d.see(d.toy("path=8:0:A:1 flap=8:0 path=8:16:A:0", 2)).take(), Lines{}); // told already
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), Lines{});
}

TEST(Paths, WhatTheStatusShowsFirstWaitsForItsUevent) {
    Driver d;
    d.start(kGood);
    EXPECT_EQ(d.see(d.toy("path=8:0:F:1 path=8:16:A:0", 1)).take(), Lines{});
    EXPECT_EQ(d.after(2ms).see(d.path("PATH_FAILED", "8:0", 1)).take(),
              (Lines{"toy.path_failed 8:0 raised"}));
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), Lines{});
}

TEST(Paths, WithoutAUeventItIsInferred) {
    Driver d;
    d.start(kGood);
    d.see(d.toy("path=8:0:F:1 path=8:16:A:0", 1));
    d.engine().advance(d.at + 249ms);
    EXPECT_EQ(d.take(), Lines{});
    d.engine().advance(d.at + 250ms);
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 raised inferred"}));
    d.after(1s).see(d.toy("path=8:0:A:1 path=8:16:A:0", 2));
    d.after(1ms).see(d.toy("path=8:0:A:1 path=8:16:A:0", 2)); // a second status says the same
    EXPECT_EQ(d.take(), (Lines{"toy.path_back 8:0 inferred"}));
}

TEST(Paths, AFlapThatOnlyTheCounterTellsOfIsInferred) {
    Driver d;
    d.start(kGood);
    d.see(d.toy("path=8:0:A:1 flap=8:0 path=8:16:A:0", 2));
    EXPECT_EQ(d.take(), Lines{});
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 inferred", "toy.path_back 8:0 inferred"}));
}

TEST(Paths, AFlapSeenBeforeItsUeventsIsToldOnce) {
    Driver d;
    d.start(kGood);
    d.see(d.toy("path=8:0:A:1 flap=8:0 path=8:16:A:0", 1));
    d.see(d.path("PATH_REINSTATED", "8:0", 2)).see(d.path("PATH_FAILED", "8:0", 1));
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 raised", "toy.path_back 8:0"}));
}

TEST(Paths, WhatTwoStatusesShowWithoutAUeventIsNotLost) {
    Driver d;
    d.start("path=8:0:A:0");
    d.see(d.toy("path=8:0:F:1", 1));
    EXPECT_EQ(d.after(100ms).see(d.toy("path=8:0:A:1", 2)).take(),
              (Lines{"toy.path_failed 8:0 raised inferred"}));
    EXPECT_EQ(d.after(100ms).see(d.toy("path=8:0:F:2", 3)).take(), (Lines{"toy.path_back 8:0 inferred"}));
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 raised inferred"}));
}

TEST(Paths, AFlapOfWhichUeventsToldOnceIsToldTheOtherTime) {
    Driver d;
    d.start(kGood);
    d.see(d.path("PATH_FAILED", "8:0", 1)).see(d.path("PATH_REINSTATED", "8:0", 2)).take();
    d.see(d.toy("path=8:0:A:2 flap=8:0*2 path=8:16:A:0", 4));
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 inferred", "toy.path_back 8:0 inferred"}));
}

TEST(Paths, TheChangeOfAConditionTakesItsOwnUevent) {
    Driver d;
    d.start(kGood);
    d.see(d.path("PATH_FAILED", "8:0", 1)).take();
    d.see(d.toy("path=8:0:F:2 flap=8:0 path=8:16:A:0", 3)); // it failed twice, and came back once
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 inferred", "toy.path_back 8:0 inferred"}));
}

TEST(Paths, AFailureWhoseUeventWasLostLeavesTheOthersWhatTheyTold) {
    Driver d;
    d.start(kGood);
    d.see(d.path("PATH_FAILED", "8:0", 1)).see(d.path("PATH_REINSTATED", "8:0", 2)).take();
    d.see(d.toy("path=8:0:F:2 flap=8:0 path=8:16:A:0", 3));
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), Lines{"toy.path_failed 8:0 raised inferred"});
}

TEST(Paths, AReturnWhoseUeventWasLostLeavesTheOthersWhatTheyTold) {
    Driver d;
    d.start("path=8:0:F:1 path=8:16:A:0").take();
    d.see(d.path("PATH_REINSTATED", "8:0", 1)).see(d.path("PATH_FAILED", "8:0", 2)).take();
    d.see(d.toy("path=8:0:A:2 flap=8:0 path=8:16:A:0", 3));
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), Lines{"toy.path_back 8:0 inferred"});
}

TEST(Paths, AFailureLikeTheOneBeforeIsToldByItsConditionAlone) {
    Driver d;
    d.start("path=8:0:F:1 path=8:16:A:0").take();
    d.see(d.path("PATH_REINSTATED", "8:0", 1)).take();
    d.see(d.toy("path=8:0:F:2 flap=8:0 path=8:16:A:0", 2)); // whose uevent was lost
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), Lines{"toy.path_failed 8:0 raised inferred"});
}

TEST(Paths, OfSeveralReturnsTheConditionsOwnEndTellsOne) {
    Driver d;
    d.start(kGood);
    d.see(d.path("PATH_FAILED", "8:0", 1)).take();
    d.see(d.toy("path=8:0:A:2 flap=8:0*2 path=8:16:A:0", 4)); // it failed once more, and came back twice
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 inferred", "toy.path_back 8:0 inferred",
                               "toy.path_back 8:0 inferred"}));
}

TEST(Paths, AReturnAfterAReloadIsToldOnce) {
    Driver d;
    d.start("path=8:0:F:3").take();
    d.see(d.toy("path=8:0:A:0", 0, Why::uevent)).see(d.toy("path=8:0:A:1 flap=8:0", 2));
    d.engine().advance(d.at + 1s);
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 inferred", "toy.path_back 8:0 inferred"}));
}

TEST(Paths, TheLastWordsOfALifetimeComeBeforeItsEnd) {
    Driver d;
    d.start(kGood);
    d.see(d.path("PATH_FAILED", "8:0", 60)).see(d.path("PATH_FAILED", "8:16", 1, 0, 9));
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 raised", "device.removed", "device.added",
                               "toy.path_failed 8:16 raised"}));
}

TEST(Paths, OfTwoTargetsTheOneThatHasThePathIsMeant) {
    Driver d;
    auto r = d.toy("path=8:0:A:0 8:0", 0, Why::start);
    r.targets.push_back({1000, 1000, "toy", "t", "path=8:64:A:0 8:64"});
    d.see(r).see(BaselineDone{}).see(d.path("PATH_FAILED", "8:64", 1));
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(d.events[0].target->index, 1u);
}

TEST(Paths, EveryUeventIsAnEvent) {
    Driver d;
    d.start("path=8:0:F:3");
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 raised initial"}));
    EXPECT_EQ(d.see(d.path("PATH_FAILED", "8:0", 1)).take(), (Lines{"toy.path_failed 8:0 raised repeat"}));
    d.see(d.path("PATH_REINSTATED", "8:0", 2)).see(d.path("PATH_REINSTATED", "8:0", 3));
    EXPECT_EQ(d.take(), (Lines{"toy.path_back 8:0", "toy.path_back 8:0 repeat"}));
}

TEST(Paths, AReloadIsNoReinstatement) {
    Driver d;
    d.start("path=8:0:F:3").take();
    d.see(d.toy("path=8:0:A:0", 0, Why::uevent));
    d.engine().advance(d.at + 29s);
    EXPECT_EQ(d.take(), Lines{});
    d.engine().advance(d.at + 30s);
    EXPECT_EQ(d.take(), (Lines{"toy.path_back 8:0 inferred"}));
}

TEST(Paths, ANewFailureAfterAReloadKeepsIt) {
    Driver d;
    d.start("path=8:0:F:3").take();
    d.see(d.toy("path=8:0:A:0", 0, Why::uevent));
    d.after(5s).see(d.path("PATH_FAILED", "8:0", 1));
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:0 raised repeat"}));
    d.engine().advance(d.at + 1h);
    EXPECT_EQ(d.take(), Lines{});
}

TEST(Paths, AUeventBeforeTheFirstReadingIsToldAtOnce) {
    Driver d;
    d.see(d.path("PATH_FAILED", "8:0", 1));
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(d.events[0].device->name, "toy0");
    EXPECT_EQ(d.events[0].target->type, "toy");
    EXPECT_FALSE(d.events[0].kernel);
    d.events.clear();
    EXPECT_EQ(d.see(d.toy("path=8:0:F:1 path=8:16:F:1", 1, Why::start)).take(),
              (Lines{"toy.path_failed 8:16 raised initial"}));
}

TEST(Paths, AUeventWithoutNumbersIsOfTheDiskInItsPath) {
    Driver d;
    d.start(kGood);
    auto u = d.path("PATH_FAILED", "8:0", 1);
    std::erase_if(u.env, [](const auto& v) { return v.first == "MAJOR" || v.first == "MINOR"; });
    auto other = u;
    u.env.emplace_back("DEVPATH", "/devices/virtual/block/dm-0");
    other.env.emplace_back("DEVPATH", "/devices/virtual/block/dm-9");
    EXPECT_EQ(d.see(other).see(Tick{}).take(), Lines{});
    EXPECT_EQ(d.see(u).see(Tick{}).take(), (Lines{"toy.path_failed 8:0 raised"}));
}

TEST(Paths, AUeventThatIsNotUnderstoodIsReported) {
    Driver d;
    d.start(kGood);
    d.see(d.path("NONSENSE", "8:0", 1)).see(Tick{});
    EXPECT_EQ(d.take(), (Lines{"device.status_unknown 0 raised"}));
}

TEST(Paths, TheEndOfARecordingConcludesWhatWaits) {
    Driver d;
    d.start("path=8:0:A:0 path=8:16:F:1").take();
    d.see(d.toy("path=8:0:F:1 path=8:16:A:0", 1)).see(d.path("PATH_FAILED", "8:32", 9));
    d.engine().finish();
    EXPECT_EQ(d.take(), (Lines{"toy.path_failed 8:32 raised", "toy.path_failed 8:0 raised inferred"}));
}

} // namespace
} // namespace dmev
