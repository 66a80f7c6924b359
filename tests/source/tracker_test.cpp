// SPDX-License-Identifier: Apache-2.0
// Lifetimes, reasons and order: what the tracker hands on when nothing hangs.
#include "tracker_fixture.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

TEST_F(TrackerTest, AnEmptyMachineIsABaseline) {
    EXPECT_TRUE(tracker.wants_list());
    EXPECT_EQ(told(), Told{});
    list();
    EXPECT_EQ(told(), Told{"baseline"});
    list();
    EXPECT_EQ(told(), Told{});
}

TEST_F(TrackerTest, WhatIsThereIsReadForTheBaseline) {
    kernel = {{0, {"a", "", 1}}, {1, {"b", "", 2}}};
    settle();
    EXPECT_EQ(told(), (Told{"start a ev=0", "start b ev=0", "baseline"}));
    EXPECT_FALSE(next());
    EXPECT_EQ(tracker.due(), std::nullopt);
}

TEST_F(TrackerTest, ADeviceOfNobodyTakesOneCall) {
    kernel = {{0, {"a", "", 1, 0, {}, false}}};
    list();
    const auto call = next();
    ASSERT_TRUE(call && call->group_unknown);
    reply(*call);
    EXPECT_EQ(told(), (Told{"start a ev=0", "baseline"}));
}

TEST_F(TrackerTest, TablesAreReadBeforeTheFirstStatus) {
    kernel = {{0, {"pool", "", 1}}, {1, {"t1", "", 2, 0, 0}}, {2, {"t2", "", 3, 0, 0}}};
    list();
    for (int i = 0; i < 3; ++i) {
        const auto call = next();
        ASSERT_TRUE(call && call->group_unknown);
        reply(*call);
    }
    const auto call = next();
    ASSERT_TRUE(call);
    EXPECT_FALSE(call->group_unknown);
    EXPECT_FALSE(next()) << "one call under way in a group";
    reply(*call);
    const auto second = next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->leader, dev(0));
}

TEST_F(TrackerTest, ADeviceFoundSuspendedIsReadOnce) {
    kernel = {{0, {"a", "", 1}}, {1, {"b", "", 2}}};
    settle();
    told();
    EXPECT_EQ(tracker.awake(), (std::vector{dev(0), dev(1)}));
    kernel[0].suspended = true;
    tracker.look_again(dev(0));
    settle();
    EXPECT_EQ(told(), Told{"poll a ev=0"});
    EXPECT_EQ(tracker.awake(), std::vector{dev(1)});
}

TEST_F(TrackerTest, ADifferentEventNumberIsARead) {
    kernel = {{0, {"a", "", 1, 0xffffffff}}, {1, {"b", "", 2}}};
    settle();
    told();
    list();
    EXPECT_FALSE(next());
    kernel[0].event_nr = 0; // wrapped
    list();
    settle();
    EXPECT_EQ(told(), Told{"kernel a ev=0"});
}

TEST_F(TrackerTest, TheNumberOfTheStatusCallCounts) {
    kernel = {{0, {"a", "", 1}}};
    settle();
    kernel[0].event_nr = 1;
    list();
    kernel[0].event_nr = 3; // after the list, before the status
    settle();
    told();
    list();
    settle();
    EXPECT_EQ(told(), Told{}) << "the list's 3 was handed on already";
}

TEST_F(TrackerTest, WhatTheListShowsDuringACallIsNotLost) {
    kernel = {{0, {"a", "", 1}}};
    settle();
    told();
    kernel[0].event_nr = 1;
    list();
    const auto call = status_call(0);
    const auto early = answer(*call);
    kernel[0].event_nr = 2;
    list();
    tracker.replied(early, now);
    settle();
    EXPECT_EQ(told(), (Told{"kernel a ev=1", "kernel a ev=2"}));
}

TEST_F(TrackerTest, NamesAndUuidsOfTheListAreCompared) {
    kernel = {{0, {"a", "", 1}}};
    settle();
    told();
    kernel[0].name = "b";
    list();
    settle();
    EXPECT_EQ(told(), Told{"kernel b ev=0"});
    kernel[0].uuid = "U";
    list();
    settle();
    EXPECT_EQ(told(), Told{"kernel b ev=0"});
    list_uuids = false;
    list();
    EXPECT_FALSE(next()) << "a list without uuids says nothing of them";
}

TEST_F(TrackerTest, APathUeventGoesOnAtOnceAndAloneReadsNothing) {
    kernel = {{0, {"mp", "", 1}}};
    settle();
    told();
    tracker.uevent(path_failed(0));
    EXPECT_EQ(told(), Told{"uevent PATH_FAILED"});
    settle();
    EXPECT_EQ(told(), Told{});
}

TEST_F(TrackerTest, AReadingThatBeganBeforeAUeventIsReadAgain) {
    kernel = {{0, {"mp", "", 1}}, {1, {"other", "", 2}}};
    settle();
    told();
    for (const bool of_other : {false, true}) {
        ++kernel[0].event_nr;
        list();
        const auto call = status_call(0);
        ASSERT_TRUE(call);
        tracker.uevent(path_failed(of_other ? 1 : 0));
        reply(*call);
        EXPECT_EQ(told().size(), of_other ? 2u : 1u);
        settle();
        EXPECT_EQ(told().size(), of_other ? 0u : 1u);
    }
}

TEST_F(TrackerTest, AChangeOfTheDiskReadsItsTableFirst) {
    kernel = {{0, {"a", "", 1}}};
    settle();
    told();
    tracker.uevent(uevent(0, "change"));
    const auto call = next();
    ASSERT_TRUE(call);
    EXPECT_TRUE(call->group_unknown);
    reply(*call);
    settle();
    EXPECT_EQ(told(), (Told{"uevent ", "uevent a ev=0"}));
}

TEST_F(TrackerTest, OfSeveralReasonsTheStrongestIsTold) {
    kernel = {{0, {"a", "", 1}}};
    list();
    tracker.uevent(uevent(0, "change"));
    settle();
    EXPECT_EQ(told(), (Told{"start a ev=0", "baseline"}));
    kernel[0].event_nr = 1;
    list();
    tracker.uevent(uevent(0, "change"));
    settle();
    EXPECT_EQ(told(), (Told{"uevent ", "uevent a ev=1"}));
}

TEST_F(TrackerTest, ARemovedDeviceIsToldOnce) {
    kernel = {{0, {"a", "", 1}}, {1, {"b", "", 2}}};
    settle();
    told();
    const auto remove = uevent(0, "remove");
    kernel.erase(0);
    tracker.uevent(remove);
    EXPECT_EQ(told(), Told{"removed a"});
    tracker.uevent(remove); // the kernel sends two
    settle();
    EXPECT_EQ(told(), Told{});
    kernel.erase(1); // its uevent was lost
    list();
    EXPECT_EQ(told(), Told{"removed b"});
}

TEST_F(TrackerTest, TheSameNameAgainIsAnotherLifetime) {
    for (const bool diskseq : {true, false}) {
        SCOPED_TRACE(diskseq);
        kernel[0] = {"a", "", diskseq ? std::optional<std::uint64_t>{11} : std::nullopt};
        settle();
        told();
        const auto remove = uevent(0, "remove");
        kernel[0].diskseq = diskseq ? std::optional<std::uint64_t>{12} : std::nullopt;
        tracker.uevent(remove);
        if (diskseq) tracker.uevent(uevent(0, "add"));
        settle();
        if (diskseq) tracker.uevent(remove); // late: of the old lifetime
        settle();
        EXPECT_EQ(told(), (Told{"removed a", "kernel a ev=0"}));
    }
}

TEST_F(TrackerTest, ALaterDiskseqEndsALifetimeWhoseEndWasLost) {
    kernel = {{0, {"a", "", 11, 4}}};
    settle();
    told();
    kernel[0] = {"b", "", 12, 4};
    list();
    settle();
    EXPECT_EQ(told(), (Told{"removed a", "kernel b ev=4"}));
    kernel[0] = {"c", "", 13, 4};
    tracker.uevent(uevent(0, "change"));
    EXPECT_EQ(told(), Told{"removed b"});
    settle();
    EXPECT_EQ(told(), Told{"kernel c ev=4"});
}

TEST_F(TrackerTest, AnEarlierDiskseqIsALateReply) {
    kernel = {{0, {"a", "", 11}}};
    list();
    const auto call = status_call(0);
    const auto early = answer(*call);
    kernel[0] = {"a", "", 12};
    tracker.uevent(uevent(0, "add"));
    tracker.replied(early, now);
    EXPECT_EQ(told(), Told{});
    settle();
    EXPECT_EQ(told(), (Told{"start a ev=0", "baseline"}));
}

TEST_F(TrackerTest, WithoutDiskseqNumbersThatGoBackAndOtherUuidsAreAnotherLifetime) {
    kernel = {{0, {"a", "U1", {}, 3}}, {1, {"b", "U2", {}, 0}}};
    settle();
    told();
    kernel[0].event_nr = 0;
    kernel[1].uuid = "U3";
    settle();
    list();
    settle();
    EXPECT_EQ(told(), (Told{"removed a", "removed b", "kernel a ev=0", "kernel b ev=0"}));
}

TEST_F(TrackerTest, TheFirstDiskseqIsNoNewLifetime) {
    kernel = {{0, {"a", "", {}}}};
    settle();
    told();
    kernel[0].diskseq = 5;
    tracker.uevent(uevent(0, "add"));
    tracker.uevent(uevent(0, "change"));
    settle();
    EXPECT_EQ(told(), (Told{"uevent ", "uevent a ev=0"}));
}

TEST_F(TrackerTest, GoneMeansAskTheListNotAnError) {
    kernel = {{0, {"a", "", 1}}, {1, {"b", "", 2}}};
    list();
    kernel.erase(0);
    settle();
    EXPECT_EQ(told(), (Told{"start b ev=0", "baseline"}));
}

TEST_F(TrackerTest, AWishIsAReadWhenItsTimeHasCome) {
    kernel = {{0, {"a", "", 1}}};
    settle();
    told();
    tracker.wish(dev(0), now + 10s);
    tracker.wish(dev(7), now + 1s); // unknown: nothing
    EXPECT_EQ(tracker.due(), now + 10s);
    tracker.wish(dev(0), now + 5s); // replaces
    EXPECT_EQ(pass(5s - 1ns), 0u);
    EXPECT_FALSE(next());
    EXPECT_EQ(pass(1ns), 1u);
    settle();
    EXPECT_EQ(told(), Told{"poll a ev=0"});
    EXPECT_EQ(tracker.due(), std::nullopt);
    tracker.wish(dev(0), now + 1s);
    tracker.wish(dev(0), std::nullopt);
    EXPECT_EQ(tracker.due(), std::nullopt);
}

TEST_F(TrackerTest, APollThatFindsTheNumberMovedSaysKernel) {
    kernel = {{0, {"a", "", 1}}};
    settle();
    told();
    tracker.wish(dev(0), now);
    pass(0s);
    kernel[0].event_nr = 1;
    settle();
    EXPECT_EQ(told(), Told{"kernel a ev=1"});
}

TEST_F(TrackerTest, AnOverrunReadsEverythingAgain) {
    kernel = {{0, {"a", "", 1}}, {1, {"b", "", 2}}};
    settle();
    told();
    kernel.erase(1);
    tracker.overrun();
    EXPECT_TRUE(tracker.wants_list());
    settle();
    EXPECT_EQ(told(), (Told{"overrun", "removed b", "resync a ev=0"}));
}

TEST_F(TrackerTest, AnOverrunMakesWhatIsUnderWayStale) {
    kernel = {{0, {"a", "", 1}}};
    list();
    const auto call = status_call(0);
    tracker.overrun();
    reply(*call);
    EXPECT_EQ(told(), Told{"overrun"});
    settle();
    EXPECT_EQ(told(), (Told{"start a ev=0", "baseline"}));
}

} // namespace
} // namespace dmev
