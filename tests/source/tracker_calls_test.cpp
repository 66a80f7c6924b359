// SPDX-License-Identifier: Apache-2.0
// What hangs, is torn or fails: who is told, who waits, and who does not.
#include "tracker_fixture.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

class TrackerCallsTest : public TrackerTest {
 protected:
    // A pool that hangs, its two volumes, and a stranger.
    void hang_at_start() {
        kernel = {
            {0, {"pool", "", 1}}, {1, {"t1", "", 2, 0, 0}}, {2, {"t2", "", 3, 0, 0}}, {3, {"other", "", 4}}};
        settle({0, 1, 2});
    }
};

TEST_F(TrackerCallsTest, WhatHangsSilencesItsGroupAndNobodyElse) {
    hang_at_start();
    EXPECT_EQ(stuck_calls.size(), 1u);
    EXPECT_EQ(told(), Told{"start other ev=0"});
    EXPECT_EQ(tracker.due(), now + 2s);
    pass(2s - 1ns);
    EXPECT_EQ(told(), Told{});
    EXPECT_FALSE(tracker.has_late(now));
    EXPECT_TRUE(tracker.has_late(now + 1ns));
    pass(1ns);
    EXPECT_FALSE(tracker.has_late(now)) << "that is known now";
    EXPECT_EQ(told(), (Told{"unresponsive pool: pool t1 t2", "baseline"}));
    EXPECT_EQ(tracker.take_stuck(), std::vector{stuck_calls[0].id});
    EXPECT_TRUE(tracker.take_stuck().empty());

    kernel[3].event_nr = 1;
    kernel[1].event_nr = 1; // renamed, say
    list();
    settle();
    EXPECT_EQ(told(), Told{"kernel other ev=1"});
}

TEST_F(TrackerCallsTest, TheLeaderIsNamedWhoeverWasAsked) {
    kernel = {{0, {"t1", "", 2, 0, 2}}, {1, {"t2", "", 3, 0, 2}}, {2, {"pool", "", 1}}};
    settle({0});
    EXPECT_EQ(told(), Told{"start pool ev=0"});
    pass(2s);
    EXPECT_EQ(told(), (Told{"unresponsive pool: t1 t2 pool", "baseline"}));
    reply(stuck_calls[0]);
    EXPECT_EQ(told(), Told{"responsive pool"});
}

TEST_F(TrackerCallsTest, WhenTheCallReturnsTheGroupIsReadAnew) {
    hang_at_start();
    pass(2s);
    told();
    kernel[0].event_nr = 5;
    reply(stuck_calls[0]); // what it says is as old as the call
    EXPECT_EQ(told(), Told{"responsive pool"});
    settle();
    EXPECT_EQ(told(), (Told{"start pool ev=5", "start t1 ev=0", "start t2 ev=0"}))
        << "whose group is not known comes first, then whoever waited longest";
}

TEST_F(TrackerCallsTest, WhatWasReadBeforeIsPolledWhenItReturns) {
    kernel = {{0, {"pool", "", 1}}, {1, {"t1", "", 2, 0, 0}}};
    settle();
    told();
    kernel[1].event_nr = 1;
    list();
    settle({1});
    pass(2s);
    EXPECT_EQ(told(), Told{"unresponsive pool: pool t1"});
    tracker.lost(stuck_calls[0].id, now); // killed, say
    EXPECT_EQ(told(), Told{"responsive pool"});
    settle();
    EXPECT_EQ(told(), (Told{"kernel t1 ev=1", "poll pool ev=0"})) << "something happened to t1";
}

TEST_F(TrackerCallsTest, ANewVolumeOfAHangingPoolIsNotAsked) {
    hang_at_start();
    pass(2s);
    kernel[4] = {"t3", "", 5, 0, 0};
    list();
    settle();
    EXPECT_FALSE(next());
    EXPECT_EQ(stuck_calls.size(), 1u);
}

TEST_F(TrackerCallsTest, AVolumeThatLeavesTheHangingPoolIsRead) {
    hang_at_start();
    pass(2s);
    told();
    kernel[1].leader.reset(); // another table
    tracker.uevent(uevent(1, "change"));
    settle();
    EXPECT_EQ(told(), (Told{"uevent ", "start t1 ev=0"}));
}

TEST_F(TrackerCallsTest, ARemovedVolumeDoesNotFreeItsPool) {
    hang_at_start();
    pass(2s);
    told();
    kernel.erase(1);
    list();
    settle();
    EXPECT_EQ(told(), Told{"removed t1"});
    EXPECT_FALSE(next());
}

TEST_F(TrackerCallsTest, ANewDeviceUnderAHangingNumberIsRead) {
    kernel = {{0, {"a", "", 1}}};
    settle({0});
    pass(2s);
    EXPECT_EQ(told(), (Told{"unresponsive a: a", "baseline"}));
    const auto remove = uevent(0, "remove");
    tracker.uevent(remove);
    kernel[0] = {"b", "", 2};
    settle();
    EXPECT_EQ(told(), (Told{"removed a", "kernel b ev=0"}));
    ReadReply late;
    late.id = stuck_calls[0].id;
    late.outcome = ReadOutcome::gone;
    tracker.replied(late, now);
    settle();
    EXPECT_EQ(told(), Told{}) << "nobody is responsive again who is not there";
}

TEST_F(TrackerCallsTest, HangingReadersAreReplacedUpToACap) {
    for (std::uint32_t minor = 0; minor < 10; ++minor)
        kernel[minor] = {"d" + std::to_string(minor), "", minor + 1};
    list();
    std::vector<ReadRequest> calls;
    while (auto call = next()) calls.push_back(*call);
    ASSERT_EQ(calls.size(), 10u);
    EXPECT_TRUE(tracker.may_add_reader());
    pass(2s);
    EXPECT_EQ(tracker.take_stuck().size(), 10u);
    EXPECT_FALSE(tracker.may_add_reader());
    reply(calls[0]);
    EXPECT_FALSE(tracker.may_add_reader());
    reply(calls[1]);
    EXPECT_TRUE(tracker.may_add_reader());
}

TEST_F(TrackerCallsTest, WithoutAnyReaderTheBaselineDoesNotWait) {
    kernel = {{0, {"a", "", 1}}};
    list();
    EXPECT_EQ(told(), Told{});
    tracker.no_readers();
    EXPECT_EQ(told(), Told{"baseline"});
    settle();
    EXPECT_EQ(told(), Told{"start a ev=0"});
}

TEST_F(TrackerCallsTest, ATableCallThatHangsIsToldLikeAnyOther) {
    kernel = {{0, {"a", "", 1}}};
    list();
    const auto call = next();
    ASSERT_TRUE(call && call->group_unknown);
    pass(2s);
    EXPECT_EQ(told(), (Told{"unresponsive a: a", "baseline"}));
    reply(*call);
    settle();
    EXPECT_EQ(told(), (Told{"responsive a", "start a ev=0"}));
}

TEST_F(TrackerCallsTest, WhatIsTornIsReadAgainAtOnceAndThenEverMoreSeldom) {
    kernel = {{0, {"a", "", 1, 0, {}, false}}};
    list();
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(told(), Told{}) << i;
        const auto call = next();
        ASSERT_TRUE(call) << i;
        reply(*call, ReadOutcome::torn);
    }
    EXPECT_EQ(told(), Told{"baseline"}) << "it is not held up";
    for (const auto pause : {10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1000ms, 1000ms}) {
        EXPECT_FALSE(next());
        EXPECT_EQ(tracker.due(), now + pause);
        pass(pause);
        const auto call = next();
        ASSERT_TRUE(call);
        reply(*call, ReadOutcome::failed);
    }
    pass(1s);
    settle();
    EXPECT_EQ(told(), Told{"start a ev=0"});
}

TEST_F(TrackerCallsTest, AUeventEndsThePause) {
    kernel = {{0, {"a", "", 1, 0, {}, false}}};
    list();
    for (int i = 0; i < 4; ++i) reply(*next(), ReadOutcome::torn);
    told();
    EXPECT_FALSE(next());
    tracker.uevent(uevent(0, "change"));
    settle();
    EXPECT_EQ(told(), Told{"start a ev=0"});
    EXPECT_EQ(tracker.due(), std::nullopt);
}

TEST_F(TrackerCallsTest, AReaderThatDiedIsNoAnswer) {
    kernel = {{0, {"a", "", 1}}};
    list();
    const auto call = status_call(0);
    tracker.lost(call->id, now);
    tracker.lost(call->id, now);
    reply(*call); // nobody's any more
    EXPECT_EQ(told(), Told{});
    settle();
    EXPECT_EQ(told(), (Told{"start a ev=0", "baseline"}));
}

TEST_F(TrackerCallsTest, WhatIsListedButAlwaysGoneMakesNoBusyLoop) {
    kernel = {{0, {"a", "", 1}}};
    list();
    int calls = 0;
    while (const auto call = next()) {
        ASSERT_LT(++calls, 10);
        reply(*call, ReadOutcome::gone);
        list();
    }
    EXPECT_EQ(calls, 4);
    EXPECT_TRUE(tracker.due());
}

TEST_F(TrackerCallsTest, WhatWaitsInAReaderHasItsTimeFromItsBeginning) {
    kernel = {{0, {"a", "", 1}}, {1, {"b", "", 2}}};
    list();
    const auto first = next(), second = next();
    ASSERT_TRUE(first && second);
    tracker.waits(second->id);
    pass(1s);
    reply(*first);
    tracker.begun(second->id, now);
    EXPECT_EQ(told(), Told{"start a ev=0"});
    pass(2s - 1ns);
    EXPECT_EQ(told(), Told{});
    pass(1ns);
    EXPECT_EQ(told(), (Told{"unresponsive b: b", "baseline"}));
}

TEST_F(TrackerCallsTest, WhatWasBehindACallThatHangsIsAskedAgain) {
    kernel = {{0, {"a", "", 1}}, {1, {"b", "", 2}}};
    list();
    const auto first = next(), second = next();
    ASSERT_TRUE(first && second);
    tracker.waits(second->id);
    pass(2s);
    EXPECT_EQ(told(), Told{"unresponsive a: a"});
    tracker.withdrawn(second->id);
    settle();
    EXPECT_EQ(told(), (Told{"start b ev=0", "baseline"}));
    reply(*second); // its reader came to it after all
    EXPECT_EQ(told(), Told{});
}

TEST_F(TrackerCallsTest, WhatHappenedIsReadBeforeWhatIsPolled) {
    for (std::uint32_t minor = 0; minor < 20; ++minor)
        kernel[minor] = {"d" + std::to_string(minor), "", minor + 1};
    settle();
    told();
    for (std::uint32_t minor = 0; minor < 20; ++minor) tracker.look_again(dev(minor));
    EXPECT_TRUE(tracker.many_wait()) << "polls wait in readers";
    kernel[7].event_nr = 1;
    list();
    EXPECT_FALSE(tracker.many_wait()) << "what happened does not";
    const auto call = next();
    ASSERT_TRUE(call);
    EXPECT_EQ(call->device, dev(7));
    EXPECT_TRUE(tracker.many_wait());
    for (auto& [minor, device] : kernel) ++device.event_nr;
    list();
    EXPECT_TRUE(tracker.many_wait()) << "unless much happened";
}

TEST_F(TrackerCallsTest, AKnownTableIsAskedForUntilItMayBeAnother) {
    kernel = {{0, {"a", "", 1}}};
    list();
    auto call = next();
    ASSERT_TRUE(call);
    EXPECT_EQ(call->known_table, std::nullopt);
    auto said = answer(*call);
    said.known_table = 5;
    tracker.replied(said, now);

    const auto known = [&] {
        tracker.look_again(dev(0));
        call = next();
        if (call)
            tracker.replied(
                said =
                    [&] {
                        auto r = answer(*call);
                        r.known_table = 5;
                        return r;
                    }(),
                now);
        return call ? call->known_table : std::nullopt;
    };
    EXPECT_EQ(known(), 5u);
    tracker.uevent(path_failed(0));
    EXPECT_EQ(known(), 5u) << "no new table";
    tracker.uevent(uevent(0, "change"));
    EXPECT_EQ(known(), std::nullopt);
    EXPECT_EQ(known(), 5u);
    tracker.overrun();
    EXPECT_EQ(known(), std::nullopt);
    call = (tracker.look_again(dev(0)), next());
    ASSERT_TRUE(call);
    reply(*call, ReadOutcome::torn);
    EXPECT_EQ(known(), std::nullopt);
}

} // namespace
} // namespace dmev
