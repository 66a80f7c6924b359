// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "driver.hpp"

namespace dmev {
namespace {

TEST(Conditions, FirstSightIsInitialAndRepetitionIsNoNews) {
    Driver d;
    EXPECT_EQ(d.start("bad").take(), (Lines{"toy.bad raised initial"}));
    EXPECT_EQ(d.see(d.toy("bad extra", 1)).take(), Lines{});
    EXPECT_EQ(d.see(d.toy("fine", 2)).take(), (Lines{"toy.bad cleared"}));
    EXPECT_EQ(d.see(d.toy("bad", 3)).take(), (Lines{"toy.bad raised"}));
}

TEST(Conditions, SameKeepsWhatHeld) {
    Driver d;
    d.start("bad").take();
    EXPECT_EQ(d.see(d.toy("doubt", 1)).take(), Lines{});
    EXPECT_EQ(d.see(d.toy("fine", 2)).take(), (Lines{"toy.bad cleared"}));
    EXPECT_EQ(d.see(d.toy("doubt", 3)).take(), Lines{});
}

TEST(Conditions, ASharedEndIsRaisedWhenTheLastOfThemEnds) {
    Driver d;
    EXPECT_EQ(d.start("sick dead").take(), (Lines{"toy.sick raised initial", "toy.dead raised initial"}));
    EXPECT_EQ(d.see(d.toy("sick", 1)).take(), Lines{});
    EXPECT_EQ(d.see(d.toy("fine", 2)).take(), (Lines{"toy.well"}));
    d.see(d.toy("sick dead", 3)).take();
    d.see(d.toy("fine", 4));
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(d.events[0].type, "toy.well");
    EXPECT_EQ(find_field(d.events[0].data, "ended")->text(), "toy.sick, toy.dead");
}

TEST(Conditions, WhatTheStatusDoesNotMentionIsForgottenInSilence) {
    Driver d;
    d.start("path=8:0:F:1 path=8:16:A:0").take();
    EXPECT_EQ(d.see(d.toy("path=8:16:A:0", 1)).take(), Lines{});
    EXPECT_EQ(d.see(d.toy("path=8:0:A:1 path=8:16:A:0", 2)).take(),
              Lines{}); // back in the table, and not failed
}

TEST(Conditions, StepsAndSourceTellHowItWasSeen) {
    Driver d;
    d.start("fine");
    d.see(d.toy("bad", 3));
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(d.events[0].source, "kernel");
    EXPECT_EQ(d.events[0].kernel->steps, 3u);
    EXPECT_EQ(d.events[0].kernel->event_nr, 3u);
    d.see(d.toy("fine", 3, Why::poll));
    EXPECT_EQ(d.events[1].source, "poll");
    EXPECT_EQ(d.events[1].kernel->steps, 0u);
    d.see(d.toy("bad", 4, Why::poll));
    EXPECT_EQ(d.events[2].source, "poll"); // as the source says it
    d.see(d.toy("fine", 5, Why::resync));
    EXPECT_EQ(d.events[3].source, "resync");
}

TEST(Conditions, EventNumbersWrap) {
    Driver d;
    d.see(d.toy("fine", 0xffffffffu, Why::start)).see(BaselineDone{});
    d.see(d.toy("bad", 1));
    EXPECT_EQ(d.events.at(0).kernel->steps, 2u);
}

TEST(Conditions, NotUnderstoodIsToldOnceAndKeepsWhatHeld) {
    Driver d;
    d.start("bad").take();
    EXPECT_EQ(d.see(d.toy("? x", 1)).take(), (Lines{"device.status_unknown 0 raised"}));
    EXPECT_EQ(d.see(d.toy("? y", 2)).take(), Lines{});
    // The text it last understood, again: the doubt ends though the text is an old one.
    EXPECT_EQ(d.see(d.toy("bad", 3)).take(), (Lines{"device.status_unknown 0 cleared"}));
    EXPECT_EQ(d.see(d.toy("fine", 4)).take(), (Lines{"toy.bad cleared"}));
}

TEST(Conditions, APluginThatThrowsIsNamed) {
    Driver d;
    d.start("fine");
    d.see(d.toy("!", 1));
    ASSERT_EQ(d.events.size(), 2u);
    EXPECT_EQ(Driver::line(d.events[0]), "monitor.plugin_failed toy raised");
    EXPECT_NE(d.events[0].message.find("an exclamation mark"), std::string::npos);
    EXPECT_EQ(Driver::line(d.events[1]), "device.status_unknown 0 raised");
    d.events.clear();
    EXPECT_EQ(d.see(d.toy("fine", 2)).take(),
              (Lines{"device.status_unknown 0 cleared", "monitor.plugin_failed toy cleared"}));
}

TEST(Conditions, QueryShowsWhatHolds) {
    Driver d;
    d.start("bad use=90/100");
    const auto devices = d.engine().devices();
    ASSERT_EQ(devices.size(), 1u);
    ASSERT_EQ(devices[0].holding.size(), 2u);
    EXPECT_EQ(devices[0].holding[0].type, "toy.bad");
    EXPECT_EQ(devices[0].holding[1].type, "toy.full");
    EXPECT_EQ(devices[0].holding[1].message, "toy0: 90 %, above 85 %");
}

TEST(Conditions, ADeadServerListsItsVolumes) {
    Driver d;
    auto volume = d.toy("fine", 0, Why::start, 1, 8);
    volume.targets[0].type = "volume";
    volume.targets[0].table = "253:0 5";
    d.see(volume).start("fine").take();
    d.see(d.toy("dead", 1));
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_EQ(find_field(d.events[0].data, "volumes")->text(), "toy1");
}

TEST(Conditions, AServerThatIsDeadAtTheStartListsWhatIsReadAfterIt) {
    Driver d;
    auto volume = d.toy("fine", 0, Why::start, 1, 8);
    volume.targets[0].type = "volume";
    volume.targets[0].table = "253:0 5";
    d.see(d.toy("dead", 0, Why::start)).see(volume).see(BaselineDone{});
    ASSERT_EQ(d.events.size(), 1u);
    EXPECT_TRUE(d.events[0].initial);
    EXPECT_EQ(find_field(d.events[0].data, "volumes")->text(), "toy1");
    EXPECT_EQ(find_field(d.engine().devices()[0].holding[0].data, "volumes")->text(), "toy1");
}

TEST(Conditions, IdsAreUniqueAndSortByTime) {
    Driver d;
    d.start("bad sick");
    d.after(1ms).see(d.toy("fine", 1));
    ASSERT_EQ(d.events.size(), 4u);
    for (size_t i = 1; i < d.events.size(); ++i) EXPECT_LT(d.events[i - 1].id, d.events[i].id);
}

TEST(Conditions, TimeNeverRunsBackwards) {
    Driver d;
    d.start("fine");
    const auto first = d.at;
    d.at -= 1h;
    d.see(d.toy("bad", 1));
    EXPECT_EQ(d.events.at(0).time, first);
}

} // namespace
} // namespace dmev
