// SPDX-License-Identifier: Apache-2.0
// A decider is killed, and another goes on from what was written down.
#include "base/text.hpp"
#include "world.hpp"

namespace dmev {
namespace {

TEST(Restart, AWindowGoesOn) {
    World w;
    w.rule("r", {"thin.low_water"}).hold = 10s;
    w.start().raise("thin.low_water").at(4).restart().at(9);
    EXPECT_TRUE(w.fired.empty());
    w.at(10);
    EXPECT_EQ(w.fired, Words{"10 r thin.low_water: held for 10s"});
}

TEST(Restart, AWindowThatIsOverMeanwhileIsJudgedByWhatHolds) {
    World w;
    w.rule("r", {"thin.low_water", "raid.device_failed"}).hold = 10s;
    w.start().raise("thin.low_water").raise("raid.device_failed", "1").note();
    w.forget("raid.device_failed", "1").sleep(30).die().begin();
    EXPECT_EQ(w.fired, Words{"30 r thin.low_water: held for 10s"});
}

TEST(Restart, NothingStartsBeforeEveryDeviceWasRead) {
    World w;
    w.rule("r", {"thin.low_water", "thin.data_threshold"}).cooldown = 10s;
    w.start().raise("thin.low_water").done().at(1).raise("thin.data_threshold").note().sleep(60).die();
    EXPECT_FALSE(w.decider().due());
    w.end("thin.data_threshold").raise("thin.low_water", "x").after(5);
    EXPECT_EQ(w.fired.size(), 1U);
    w.begin();
    EXPECT_EQ(w.fired.size(), 2U);
    EXPECT_EQ(w.fired[1], "66 r thin.low_water x: raised");
}

TEST(Restart, ACooldownGoesOnAndWhatWaitsRunsOnce) {
    World w;
    w.rule("r", {"thin.low_water", "thin.extended"}).cooldown = 10s;
    w.start().raise("thin.low_water").done().at(3).happen("thin.extended").restart().restart().at(9.9);
    EXPECT_EQ(w.fired.size(), 1U);
    w.at(10);
    ASSERT_EQ(w.fired.size(), 2U);
    EXPECT_EQ(w.fired[1], "10 r thin.extended: cooldown over");
}

TEST(Restart, MaxRunsAndItsSuspensionGoOn) {
    World w;
    w.rule("r", {"thin.extended"}).max_runs = {2, 60s};
    w.start();
    for (int i = 0; i < 2; ++i) w.happen("thin.extended").done().after(1);
    w.happen("thin.extended").restart();
    EXPECT_EQ(w.resumed, Words{"r suspended by e3"});
    EXPECT_EQ(w.fired.size(), 2U);
    w.at(60);
    EXPECT_EQ(w.fired.size(), 3U);
    EXPECT_EQ(w.suspensions, (Words{"2 r raised by e3", "60 r cleared by e3"}));
}

TEST(Restart, ARetryComesInItsTime) {
    World w;
    w.rule("r", {"thin.low_water"}).retry = RetrySettings{3, {4s, 60s}};
    w.start().raise("thin.low_water").fail();
    w.restart().at(3.9);
    EXPECT_EQ(w.fired.size(), 1U);
    w.at(4);
    EXPECT_EQ(w.take_fired().back(), "4 r thin.low_water: retry 2 of 3 attempt 2");
    EXPECT_EQ(w.restart().fail(), 12) << "its backoff has doubled";
    w.restart().forget("thin.low_water").at(100);
    EXPECT_TRUE(w.fired.empty());
}

TEST(Restart, RemindersGoOnCounting) {
    World w;
    w.rule("r", {"thin.low_water"}).remind = {RemindSettings::How::every, 10s};
    w.start().raise("thin.low_water").done().at(10).done().at(12).restart().at(20);
    EXPECT_EQ(w.fired.back(), "20 r thin.low_water: reminder 2");
    EXPECT_EQ(w.fired.size(), 3U);
}

TEST(Restart, ARunThatIsOutStaysOutUntilItEnds) {
    World w;
    w.rule("r", {"thin.low_water", "thin.data_threshold"}).retry = RetrySettings{2, {1s, 1s}};
    w.start().raise("thin.low_water").raise("thin.data_threshold").restart();
    EXPECT_EQ(w.resumed, Words{"0 r thin.low_water: raised"});
    EXPECT_EQ(w.out.at(0).id, 1U);
    EXPECT_EQ(w.fired.size(), 1U);
    w.fail();
    EXPECT_EQ(w.fired.back(), "0 r thin.data_threshold: the run before it ended +1 attempt 2");
    EXPECT_EQ(w.out.at(0).id, 2U) << "numbers go on";
}

TEST(Restart, ARunKeepsWhatItWasToldOf) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water", "raid.device_failed"});
    rule.cooldown = 10s;
    rule.retry = RetrySettings{2, {1s, 1s}};
    rule.steps.push_back(rule.steps[0]);
    w.start().raise("thin.low_water").done().raise("thin.low_water", "a").raise("raid.device_failed", "b");
    w.at(10);
    const auto before = w.out.at(0);
    w.restart();
    const auto& after = w.out.at(0);
    EXPECT_EQ(after.coalesced, before.coalesced);
    EXPECT_EQ(after.because, before.because);
    EXPECT_EQ(after.event.id, before.event.id);
    EXPECT_EQ(find_field(after.event.data, "also")->text(), find_field(before.event.data, "also")->text());
    EXPECT_EQ(after.event.device->diskseq, before.event.device->diskseq);
    w.fail({1});
    w.at(20);
    EXPECT_EQ(w.fired.back(), "11 r raid.device_failed b: retry 2 of 2 +1 attempt 2 steps 1");
}

TEST(Restart, WhatHappenedTooLongAgoIsNotDoneAnyMore) {
    World w;
    w.explain = true;
    auto& rule = w.rule("r", {"thin.extended", "thin.low_water"});
    rule.cooldown = 10s;
    w.start().happen("thin.extended").done().happen("thin.extended").raise("thin.low_water").note();
    w.verdicts.clear();
    w.sleep(3601).die().begin();
    EXPECT_EQ(w.fired.back(), "3601 r thin.low_water: cooldown over") << "which holds still";
    EXPECT_EQ(w.verdicts.at(0), "e2 r: it is older than limits: stale_after: 1h");
}

TEST(Restart, OfARunAboutWhatIsStaleNothingMoreIsBegun) {
    World w;
    w.rule("r", {"thin.extended"}).retry = RetrySettings{3, {1s, 1s}};
    w.start().happen("thin.extended").note().sleep(4000).die().begin();
    ASSERT_EQ(w.out.size(), 1U);
    EXPECT_TRUE(w.out[0].steps.empty());
    EXPECT_EQ(w.restart().out.at(0).steps.size(), 0U);
    EXPECT_EQ(w.fail(), -1);
    EXPECT_TRUE(w.decider().idle());
}

TEST(Restart, AClockThatWentBackBlocksNothing) {
    World w;
    auto& rule = w.rule("r", {"thin.extended"});
    rule.cooldown = 10s;
    rule.max_runs = {1, 60s};
    w.start().at(1e6).happen("thin.extended").done().note().sleep(-1e6).die().begin();
    w.happen("thin.extended").at(59);
    EXPECT_EQ(w.fired.size(), 1U);
    w.at(60);
    EXPECT_EQ(w.fired.size(), 2U);
}

TEST(Restart, AClockThatWentBackDelaysNoReminder) {
    World w;
    w.rule("r", {"thin.low_water"}).remind = {RemindSettings::How::every, 10s};
    w.start().at(1e6).raise("thin.low_water").done().note().sleep(-1e6).die().begin();
    EXPECT_EQ(w.at(9).fired.size(), 1U);
    EXPECT_EQ(w.at(10).fired.back(), "10 r thin.low_water: reminder 1");
}

TEST(Restart, OfAChangedRuleOnlyTheRunThatIsOutIsWaitedFor) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water", "thin.extended"});
    rule.cooldown = 10s;
    rule.retry = RetrySettings{3, {1s, 1s}};
    w.start().raise("thin.low_water").happen("thin.extended").note();
    w.settings.rules[0].cooldown = 20s;
    w.die().begin();
    ASSERT_EQ(w.out.size(), 1U);
    EXPECT_TRUE(w.out[0].steps.empty());
    EXPECT_EQ(w.fail(), -1) << "it is not tried again";
    EXPECT_EQ(w.fired.back(), "0 r thin.low_water: the run before it ended") << "which holds still";
    EXPECT_EQ(w.fired.size(), 2U) << "limits are gone, and so is what happened";
}

TEST(Restart, OfAChangedRuleTheSuspensionEnds) {
    World w;
    w.rule("r", {"thin.extended"}).max_runs = {1, 60s};
    w.start().happen("thin.extended").done().happen("thin.extended").note();
    w.settings.rules[0].max_runs.count = 2;
    w.die();
    EXPECT_EQ(w.suspensions.size(), 1U) << "nothing is said before";
    w.begin();
    EXPECT_EQ(w.suspensions.back(), "0 r cleared by e2");
    EXPECT_TRUE(w.resumed.empty());
}

TEST(Restart, OfARuleThatIsGoneNothingIsLeft) {
    World w;
    w.rule("r", {"thin.low_water"});
    w.rule("other", {"thin.extended"});
    w.start().raise("thin.low_water").note();
    w.settings.rules.erase(w.settings.rules.begin());
    w.die().begin().note();
    EXPECT_TRUE(w.out.empty());
    EXPECT_TRUE(w.rows.empty());
    EXPECT_TRUE(w.decider().idle());
}

TEST(Restart, WhatWasForShowOnlyIsSaidAgain) {
    World w;
    w.rule("r", {"thin.low_water"}).dry_run = true;
    w.start().raise("thin.low_water").restart();
    EXPECT_TRUE(w.resumed.empty());
    EXPECT_EQ(w.fired.back(), "0 r thin.low_water: said again after a restart");
}

TEST(Restart, NamesComeBackByteForByte) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water"});
    rule.cooldown = 10s;
    w.start();
    for (int i = 0; i < 2; ++i) {
        auto e = w.event("thin.low_water", State::happened, std::to_string(i));
        e.device->name = "a\xff\n\x01\"";
        w.take(e);
        if (i == 0) w.done();
    }
    w.restart().at(10);
    ASSERT_EQ(w.out.size(), 1U);
    EXPECT_EQ(w.out[0].event.device->name, "a\xff\n\x01\"");
}

TEST(Changed, TellsOnlyWhatIsNewAndForgetsWhatIsOver) {
    World w;
    w.rule("r", {"thin.low_water"}).cooldown = 10s;
    w.rule("never", {"raid.degraded"});
    w.start().note();
    EXPECT_TRUE(w.noted.empty());
    w.raise("thin.low_water").note();
    EXPECT_EQ(w.noted, Words{"r\nname/dev0"});
    w.happen("thin.extended").after(1).note();
    EXPECT_EQ(w.noted.size(), 1U);
    w.done().end("thin.low_water").note();
    EXPECT_EQ(w.noted.size(), 2U);
    w.at(20).happen("device.removed").note();
    EXPECT_EQ(w.noted.back(), "r\nname/dev0 -");
    EXPECT_TRUE(w.rows.empty());
}

TEST(Changed, AReloadForgetsToo) {
    World w;
    w.rule("r", {"thin.low_water"}).hold = 10s;
    w.start().raise("thin.low_water").note().forget("thin.low_water");
    ASSERT_EQ(w.rows.size(), 1U);
    w.settings.rules[0].hold = 20s;
    w.reload().note();
    EXPECT_TRUE(w.rows.empty());
}

TEST(Restart, RowsThatCannotBeReadAreNamedAndForgotten) {
    World w;
    w.rule("r", {"thin.low_water"}).hold = 10s;
    w.start().raise("thin.low_water").on(1).raise("thin.low_water").note();
    for (const auto* value : {"", "[]", "{\"waiting\":7}", "{\"open\":{}}", "{\"starts\":[-1]}",
                              "{\"retry\":[]}", "{\"windows\":[{\"event\":\"{}\",\"since\":1}]}"}) {
        w.rows["r\nname/dev0"].value = value;
        w.die();
        ASSERT_EQ(w.bad.size(), 1U) << value;
        EXPECT_NE(w.bad[0].text().find("rule 'r' knew of name/dev0"), std::string::npos) << w.bad[0].text();
    }
    w.begin().note().at(10);
    EXPECT_EQ(w.rows.size(), 1U);
    EXPECT_EQ(w.fired.size(), 1U) << "the other one's";
}

TEST(Reboot, WhatHappenedAndWasNotSeenToTheEndIsOwed) {
    World w;
    auto& rule = w.rule("r", {"thin.extended", "thin.low_water"});
    rule.cooldown = 10s;
    rule.retry = RetrySettings{3, {4s, 4s}};
    w.start().on(1).happen("thin.extended").fail();
    w.on(2).happen("thin.extended").raise("thin.low_water").sleep(2).note();
    w.forget("thin.low_water").reboot().at(20);
    EXPECT_EQ(w.fired, (Words{"0 r thin.extended on dev1: happened", "0 r thin.extended on dev2: happened",
                              "4 r thin.extended on dev1: retry 2 of 3 attempt 2",
                              "10 r thin.extended on dev2: cooldown over"}));
}

TEST(Reboot, WhatLivesAlreadyGetsLimitsOnly) {
    World w;
    w.rule("r", {"thin.extended"}).max_runs = {2, 60s};
    w.start();
    for (int i = 0; i < 2; ++i) w.happen("thin.extended").done();
    w.happen("thin.extended").note();
    const auto disk = w.ledger();
    w.rows.clear();
    w.sleep(1).die().begin().happen("thin.extended");
    EXPECT_EQ(w.fired.size(), 3U);
    EXPECT_TRUE(w.decider().restore_late(disk, at_second(w.now()), 1h).empty());
    w.done().happen("thin.extended").at(59);
    EXPECT_EQ(w.fired.size(), 3U) << "what waited in the boot before is not taken, its starts are";
    w.at(61);
    EXPECT_EQ(w.fired.size(), 4U);
}

} // namespace
} // namespace dmev
