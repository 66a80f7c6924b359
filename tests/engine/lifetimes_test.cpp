// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "driver.hpp"

namespace dmev {
namespace {

TEST(Lifetimes, AfterTheBaselineADeviceIsAdded) {
    Driver d;
    EXPECT_EQ(d.start("fine").take(), Lines{});
    EXPECT_EQ(d.see(d.toy("bad", 0, Why::kernel, 1, 8)).take(),
              (Lines{"device.added", "toy.bad raised initial"}));
    EXPECT_EQ(d.see(DeviceRemoved{{"toy1", "", {253, 1}, 8}}).take(), (Lines{"device.removed"}));
    EXPECT_EQ(d.see(DeviceRemoved{{"toy1", "", {253, 1}, 8}}).take(), Lines{});
}

TEST(Lifetimes, ANewDiskseqIsANewLife) {
    Driver d;
    d.start("bad").take();
    EXPECT_EQ(d.see(d.toy("bad", 0, Why::kernel, 0, 9)).take(),
              (Lines{"device.removed", "device.added", "toy.bad raised initial"}));
    EXPECT_EQ(d.see(d.toy("fine", 4, Why::kernel, 0, 7)).take(), Lines{}); // a reading of the old life, late
}

TEST(Lifetimes, ARemoveUeventEndsALifeAndTheSecondIsNoNews) {
    Driver d;
    d.start("bad").take();
    EXPECT_EQ(d.see(d.plain("remove")).see(d.plain("remove")).take(), (Lines{"device.removed"}));
    EXPECT_EQ(d.see(d.toy("bad", 1)).take(), Lines{}); // under way when it ended
    EXPECT_EQ(d.see(d.toy("bad", 0, Why::kernel, 0, 10)).take(),
              (Lines{"device.added", "toy.bad raised initial"}));
}

TEST(Lifetimes, WithoutDiskseqARemoveUeventEndsALife) {
    Driver d;
    d.see(d.toy("bad", 0, Why::start, 0, 0)).see(BaselineDone{}).take();
    auto remove = d.plain("remove");
    std::erase_if(remove.env, [](const auto& v) { return v.first == "DISKSEQ"; });
    EXPECT_EQ(d.see(remove).see(d.toy("bad", 0, Why::kernel, 0, 0)).take(),
              (Lines{"device.removed", "device.added", "toy.bad raised initial"}));
}

TEST(Lifetimes, DiskseqMayBecomeKnown) {
    Driver d;
    auto bare = d.toy("", 0, Why::start, 0, 0);
    bare.targets.clear();
    d.see(bare).see(BaselineDone{});
    EXPECT_EQ(d.see(d.toy("fine", 0)).take(), Lines{}); // the first table, no change of it
}

TEST(Lifetimes, ARename) {
    Driver d;
    d.start("fine");
    auto r = d.toy("fine", 1);
    r.id.name = "other";
    d.see(r);
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(d.events[0].message, "other was renamed from toy0");
}

TEST(Lifetimes, TableSizeAndReadOnly) {
    Driver d;
    d.start("fine");
    auto r = d.toy("fine", 0, Why::uevent);
    r.targets[0].length = 2000;
    r.read_only = true;
    EXPECT_EQ(d.see(r).take(), (Lines{"device.table_changed", "device.resized", "device.read_only raised"}));
    r.read_only = false;
    EXPECT_EQ(d.see(r).take(), (Lines{"device.read_only cleared"}));
    r.targets[0] = {0, 2000, "error", std::nullopt, std::nullopt};
    EXPECT_EQ(d.see(r).take(), (Lines{"device.table_changed", "device.table_error 0 raised"}));
}

TEST(Lifetimes, ConditionsSurviveAReload) {
    Driver d;
    d.start("bad").take();
    d.table = "other";
    EXPECT_EQ(d.see(d.toy("bad", 0, Why::uevent)).take(), (Lines{"device.table_changed"}));
    EXPECT_EQ(d.see(d.toy("fine", 1)).take(), (Lines{"toy.bad cleared"}));
}

TEST(Lifetimes, ATargetOfAnotherTypeForgetsInSilence) {
    Driver d;
    d.start("bad").take();
    auto r = d.toy("x", 1);
    r.targets[0].type = "linear";
    EXPECT_EQ(d.see(r).take(), (Lines{"device.table_changed"}));
    EXPECT_TRUE(d.engine().devices()[0].holding.empty());
}

TEST(Lifetimes, WhatTheCoreSaidOfATargetEndsAloudWithIt) {
    Driver d;
    auto r = d.toy("?", 0, Why::start);
    r.targets.push_back({1000, 1000, "error", std::nullopt, std::nullopt});
    EXPECT_EQ(d.see(r).see(BaselineDone{}).take(),
              (Lines{"device.table_error 1 raised initial", "device.status_unknown 0 raised initial"}));
    r.targets[0].type = r.targets[1].type = "linear";
    EXPECT_EQ(d.see(r).take(), (Lines{"device.table_changed", "device.status_unknown 0 cleared",
                                      "device.table_error 1 cleared"}));
}

TEST(Lifetimes, ATableLineThatShowsStateIsNoReload) {
    Driver d;
    d.type = "moving";
    d.start("fine");
    d.table = "another group";
    EXPECT_EQ(d.see(d.toy("fine", 0)).take(), Lines{});
    auto r = d.toy("fine", 0);
    r.targets[0].length = 5;
    EXPECT_EQ(d.see(r).take(), (Lines{"device.table_changed", "device.resized"}));
}

TEST(Lifetimes, WhatIsOverIsSaidAsOver) {
    Driver d;
    d.start("bad").see(d.toy("fine", 1));
    EXPECT_EQ(d.events.at(0).message, "toy0 is bad");
    EXPECT_EQ(d.events.at(1).message, "toy0: no longer so: a toy is bad");
}

TEST(Lifetimes, ASuspendedDeviceConcludesNothing) {
    Driver d;
    d.start("fine");
    auto r = d.toy("bad", 1);
    r.suspended = true;
    EXPECT_EQ(d.see(r).take(), Lines{});
    EXPECT_DOUBLE_EQ(d.wish(), 10); // a resume wakes nobody
    d.engine().advance(d.at + 9s);
    EXPECT_EQ(d.take(), Lines{});
    d.after(11s).see(Tick{});
    EXPECT_EQ(d.take(), (Lines{"device.suspended_long raised"}));
    EXPECT_EQ(d.after(1s).see(d.toy("bad", 1)).take(),
              (Lines{"device.suspended_long cleared", "toy.bad raised"}));
}

TEST(Lifetimes, AThinThatItsPoolSuspendedIsNotReported) {
    Driver d;
    d.start("fine");
    auto r = d.toy("bad", 1);
    r.suspended = r.internal_suspend = true;
    d.see(r);
    d.engine().advance(d.at + 1h);
    EXPECT_EQ(d.take(), Lines{});
}

TEST(Lifetimes, AProvisionalReadingWaitsForTheSecond) {
    Driver d;
    d.type = "slow";
    d.start("fine");
    d.table = "reloaded";
    EXPECT_EQ(d.see(d.toy("bad", 1, Why::uevent)).take(), (Lines{"device.table_changed"}));
    EXPECT_DOUBLE_EQ(d.wish(), 0.05);
    EXPECT_EQ(d.after(1s).see(d.toy("fine", 1, Why::poll)).take(), Lines{}); // it was not true
    d.see(d.plain("change"));                                                // a resume
    EXPECT_EQ(d.see(d.toy("bad", 2)).take(), Lines{});
    d.engine().advance(d.at + 1h);
    EXPECT_EQ(d.take(), Lines{});
    d.engine().finish(); // no second one will come
    EXPECT_EQ(d.take(), (Lines{"toy.bad raised"}));
}

TEST(Lifetimes, ANewDeviceThatSettlesIsReadTwice) {
    Driver d;
    d.type = "slow";
    d.see(BaselineDone{});
    EXPECT_EQ(d.see(d.toy("bad", 0)).take(), (Lines{"device.added"}));
    d.after(50ms).see(d.toy("bad", 0, Why::poll));
    EXPECT_EQ(d.take(), (Lines{"toy.bad raised initial"}));
}

TEST(Lifetimes, StepsOfAProvisionalReadingAreNotLost) {
    Driver d;
    d.type = "slow";
    d.start("fine");
    d.see(d.plain("change")).see(d.toy("fine", 2)).see(d.toy("bad", 3));
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(d.events[0].kernel->steps, 3u);
}

TEST(Lifetimes, AfterAnEventTheDeviceIsReadAgainEverLessSoon) {
    Driver d;
    d.start("fine");
    EXPECT_EQ(d.wish(), -2); // nothing asks for it
    d.see(d.toy("fine", 1));
    EXPECT_DOUBLE_EQ(d.wish(), 0.25);
    d.after(250ms).see(d.toy("fine", 1, Why::poll));
    EXPECT_DOUBLE_EQ(d.wish(), 1);
    d.after(1s).see(d.toy("fine", 1, Why::poll));
    EXPECT_DOUBLE_EQ(d.wish(), 4);
    d.after(4s).see(d.toy("fine", 1, Why::poll));
    EXPECT_EQ(d.wish(), -1);
}

TEST(Lifetimes, WhatThePluginAsksForIsAsked) {
    Driver d;
    d.start("soon=3000");
    EXPECT_DOUBLE_EQ(d.wish(), 3);
    d.see(d.toy("soon=1", 0));
    EXPECT_DOUBLE_EQ(d.wish(), 0.25); // never sooner than the fastest
    d.see(d.toy("fine", 0));
    EXPECT_EQ(d.wish(), -1);
}

TEST(Lifetimes, UnresponsiveIsAConditionThatListsTheGroup) {
    Driver d;
    d.start("fine");
    d.see(Unresponsive{{"toy0", "", {253, 0}, 7}, {"toy0", "vol1"}});
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(d.events[0].message, "toy0 does not answer a status call, toy0, vol1 cannot be read");
    EXPECT_EQ(d.take(), (Lines{"device.unresponsive raised"}));
    EXPECT_EQ(d.see(Responsive{{"toy0", "", {253, 0}, 7}}).take(), (Lines{"device.responsive"}));
}

TEST(Lifetimes, ADeviceThatHungAtTheStartIsNotAddedLater) {
    Driver d;
    d.see(Unresponsive{{"toy0", "", {253, 0}, 7}, {"toy0"}}).see(BaselineDone{});
    EXPECT_EQ(d.take(), (Lines{"device.unresponsive raised initial"}));
    d.see(Responsive{{"toy0", "", {253, 0}, 7}}).see(d.toy("bad", 0));
    EXPECT_EQ(d.take(), (Lines{"device.responsive", "toy.bad raised initial"}));
}

TEST(Lifetimes, WhatHangsIsOfItsLifetime) {
    Driver d;
    d.start("fine");
    d.see(Unresponsive{{"other", "", {253, 0}, 99}, {"other"}});
    EXPECT_EQ(d.take(), (Lines{"device.removed", "device.unresponsive raised initial"}));
    EXPECT_EQ(d.see(Responsive{{"toy0", "", {253, 0}, 7}}).take(), Lines{});
}

TEST(Lifetimes, ARecordingThatDoesNotSayWhy) {
    Driver d;
    d.see(d.toy("bad", 0, Why::unsaid)).see(d.toy("fine", 1, Why::unsaid)).see(d.toy("bad", 1, Why::unsaid));
    ASSERT_EQ(d.events.size(), 3u);
    EXPECT_EQ(d.events[0].source, "start");
    EXPECT_EQ(d.events[1].source, "kernel");
    EXPECT_EQ(d.events[2].source, "poll");
}

TEST(Lifetimes, AnOverrunIsTheProgramsOwnEvent) {
    Driver d;
    d.start("fine").see(Overrun{});
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(d.events[0].type, "monitor.overrun");
    EXPECT_FALSE(d.events[0].device);
}

} // namespace
} // namespace dmev
