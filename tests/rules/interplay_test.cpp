// SPDX-License-Identifier: Apache-2.0
// Several settings at once, many devices, reloads, devices that leave, and what is said of it all.
#include "world.hpp"

namespace dmev {
namespace {

using How = RemindSettings::How;

TEST(Interplay, HoldThenCooldown) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water"});
    rule.hold = 10s;
    rule.cooldown = 60s;
    w.start()
        .raise("thin.low_water")
        .at(10)
        .done()
        .at(20)
        .end("thin.low_water")
        .at(30)
        .raise("thin.low_water");
    w.at(69.9);
    EXPECT_EQ(w.take_fired(), (Words{"10 r thin.low_water: held for 10s"}))
        << "held since 40, and cool at 70";
    w.at(70);
    EXPECT_EQ(w.take_fired(), (Words{"70 r thin.low_water: cooldown over"}));
}

TEST(Interplay, CooldownIsFromTheLastAttemptAndDoesNotHoldRetriesBack) {
    World w;
    auto& rule = w.rule("r", {"thin"});
    rule.cooldown = 60s;
    rule.retry = RetrySettings{3, {5s, 5s}};
    w.start().raise("thin.low_water");
    EXPECT_EQ(w.fail(), 5);
    w.at(2).happen("thin.extended").at(5).done();
    w.at(64.9);
    EXPECT_EQ(w.take_fired(),
              (Words{"0 r thin.low_water: raised", "5 r thin.low_water: retry 2 of 3 attempt 2"}));
    w.at(65);
    EXPECT_EQ(w.take_fired(), (Words{"65 r thin.extended: cooldown over"}));
}

TEST(Interplay, AttemptsAndRemindersCountAsRuns) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water"});
    rule.max_runs = {2, 100s};
    rule.retry = RetrySettings{5, {1s, 1s}};
    w.start().raise("thin.low_water");
    w.fail();
    w.at(1);
    EXPECT_EQ(w.fail(), 100) << "not at 2: the limit comes first";
    w.at(50);
    EXPECT_EQ(w.suspensions, (Words{"2 r raised by e1"}));
    w.at(100).done();
    EXPECT_EQ(w.take_fired(),
              (Words{"0 r thin.low_water: raised", "1 r thin.low_water: retry 2 of 5 attempt 2",
                     "100 r thin.low_water: retry 3 of 5 attempt 3"}));
    EXPECT_EQ(w.suspensions, (Words{"2 r raised by e1", "100 r cleared by e1"}));
}

TEST(Interplay, RemindersWaitForRoom) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water"});
    rule.max_runs = {2, 100s};
    rule.remind = {How::every, 10s};
    w.start().raise("thin.low_water").done().at(10).done().at(99);
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised", "10 r thin.low_water: reminder 1"}));
    EXPECT_EQ(w.suspensions, (Words{"20 r raised by e1"}));
    w.at(100);
    EXPECT_EQ(w.take_fired(), (Words{"100 r thin.low_water: reminder 2"}));
}

TEST(Interplay, RemindersWaitForRetriesAndGoOnWhenTheyAreGivenUp) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water"});
    rule.retry = RetrySettings{2, {15s, 15s}};
    rule.remind = {How::every, 10s};
    w.start().raise("thin.low_water");
    w.fail();
    w.at(15);
    EXPECT_EQ(w.fail(), -1);
    w.at(25);
    EXPECT_EQ(w.take_fired(),
              (Words{"0 r thin.low_water: raised", "15 r thin.low_water: retry 2 of 2 attempt 2",
                     "25 r thin.low_water: reminder 1"}));
    w.fail();
    w.at(40);
    EXPECT_EQ(w.take_fired(), (Words{"40 r thin.low_water: retry 2 of 2 attempt 2"}));
    EXPECT_EQ(w.out.front().reminder, 1u) << "still that reminder";
}

TEST(Interplay, TwoHundredEventsOnTwentyDevices) {
    World w;
    w.rule("r", {"raid.device_failed"});
    w.start();
    for (int i = 0; i < 200; ++i) w.on(i % 20).at(i * 0.005).raise("raid.device_failed");
    EXPECT_EQ(w.open(), 20u);
    w.take_fired();
    for (int i = 0; i < 20; ++i) w.done();
    const auto second = w.take_fired();
    ASSERT_EQ(second.size(), 20u);
    std::map<int, std::string> last;
    for (const auto& firing : w.out) {
        last[static_cast<int>(firing.event.device->number.minor)] = firing.event.id;
        EXPECT_EQ(firing.coalesced, 8u);
    }
    for (int i = 0; i < 20; ++i) EXPECT_EQ(last[i], "e" + std::to_string(181 + i)) << "its last state";
    while (w.open()) w.done();
    EXPECT_TRUE(w.take_fired().empty());
    EXPECT_TRUE(w.decider().idle());
}

TEST(Reload, OfTheSameRuleEverythingGoesOn) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water"});
    rule.cooldown = 60s;
    w.start().raise("thin.low_water").at(10).raise("thin.low_water");
    w.settings.rules[0].name.at.line += 7; // another rule was put before it
    w.rule("other", {"raid"});
    std::swap(w.settings.rules[0], w.settings.rules[1]);
    w.reload().at(20).done().at(60);
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised", "60 r thin.low_water: cooldown over"}));
}

TEST(Reload, OfAnotherRuleTheRunEndsAndTheRestIsForgottenButForWhatHolds) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water", "thin.extended"});
    rule.retry = RetrySettings{3, {1s, 1s}};
    w.start().raise("thin.low_water").happen("thin.extended").forget("thin.low_water");
    w.settings.rules[0].retry->attempts = 4;
    w.reload();
    w.happen("thin.extended");
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised"})) << "one at a time still";
    EXPECT_EQ(w.fail(), -1) << "its failure is nobody's any more";
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.extended: the run before it ended"}));
    EXPECT_EQ(w.fail(), 1);
}

TEST(Reload, ARuleThatIsGoneEndsInPeace) {
    World w;
    w.rule("r", {"thin.low_water"}).max_runs = {1, 60s};
    w.start().raise("thin.low_water").on(1).raise("thin.low_water").done().done().raise("thin.low_water");
    w.on(2).raise("thin.low_water");
    w.settings.rules.clear();
    w.reload();
    EXPECT_FALSE(w.decider().idle());
    EXPECT_EQ(w.suspensions, (Words{"0 r raised by e3", "0 r cleared by e3"}));
    EXPECT_EQ(w.out.front().rule->settings.name.text, "r") << "valid until it ended";
    EXPECT_EQ(w.fail(), -1);
    EXPECT_TRUE(w.decider().idle());
    EXPECT_FALSE(w.decider().due());
}

TEST(Reload, WhatAnActionDoesIsPartOfItsRuleWhichIsOfferedAnewWhatHolds) {
    World w;
    w.rule("r", {"thin.low_water"}).hold = 10s;
    w.start().raise("thin.low_water");
    w.settings.actions[0].exec[1].text = "{device}";
    w.at(4).reload().at(60);
    EXPECT_EQ(w.take_fired(), Words{"10 r thin.low_water: held for 10s"});
    EXPECT_EQ(w.out[0].rule->steps[0].action.exec[1].text, "{device}");
}

TEST(Devices, WhatLeftIsForgotten) {
    World w;
    auto& rule = w.rule("r", {"thin"});
    rule.cooldown = 1h;
    rule.remind = {How::every, 2h};
    rule.retry = RetrySettings{3, {10s, 10s}};
    rule.max_runs = {1, 24h};
    w.start().raise("thin.low_water");
    w.fail();
    w.at(10);
    EXPECT_EQ(w.suspensions, (Words{"10 r raised by e1"}));
    w.happen("device.removed");
    EXPECT_EQ(w.suspensions.back(), "10 r cleared by e1");
    EXPECT_TRUE(w.decider().idle());
    EXPECT_FALSE(w.decider().due());
}

TEST(Devices, ARunGoesOnThoughItsDeviceLeft) {
    World w;
    w.rule("r", {"thin", "device.removed"}).retry = RetrySettings{3, {10s, 10s}};
    w.start().raise("thin.low_water").raise("thin.overflow").happen("device.removed");
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised"}));
    EXPECT_EQ(w.fail(), -1);
    EXPECT_EQ(w.take_fired(), (Words{"0 r device.removed: the run before it ended"}));
}

TEST(Devices, AreKnownByWhatOutlivesThem) {
    Event e;
    EXPECT_EQ(identity_of(e), "");
    e.device = DeviceId{"a", "u", {253, 1}, 7};
    EXPECT_EQ(identity_of(e), "uuid/u");
    e.device->uuid = "";
    EXPECT_EQ(identity_of(e), "name/a");
}

TEST(Devices, ThatAreMadeAgainHaveTheirLimitsStill) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water"});
    rule.max_runs = {1, 1h};
    w.start().raise("thin.low_water").done().end("thin.low_water").happen("device.removed");
    w.at(10).raise("thin.low_water");
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised"}));
    w.at(3600);
    EXPECT_EQ(w.take_fired(), (Words{"3600 r thin.low_water: room again within max_runs"}));
}

TEST(Devices, WhatHappenedToThemWaitsForRoomThoughTheyLeft) {
    World w;
    w.rule("r", {"thin.extended"}).max_runs = {1, 60s};
    w.start().happen("thin.extended").done().happen("thin.extended").happen("device.removed");
    EXPECT_EQ(w.suspensions, (Words{"0 r raised by e2"})) << "it waits still";
    EXPECT_FALSE(w.decider().due() && *w.decider().due() <= at_second(59)) << "nothing is due before";
    w.at(60);
    EXPECT_EQ(w.fired.size(), 2u);
    EXPECT_EQ(w.suspensions.back(), "60 r cleared by e2");
}

TEST(Devices, WhatHappenedToThemIsToldThoughTheyLeft) {
    World w;
    w.rule("r", {"thin.extended", "thin.low_water"}).cooldown = 1min;
    w.start().happen("thin.extended").done().at(10).happen("thin.extended").raise("thin.low_water");
    w.forget("thin.low_water").happen("device.removed").take_fired();
    w.at(60);
    EXPECT_EQ(w.take_fired(), (Words{"60 r thin.extended: cooldown over"}));
}

TEST(Verdicts, SayWhatBecomesOfEachEventAndRule) {
    World w;
    w.explain = true;
    w.rule("now", {"thin.low_water"});
    w.rule("held", {"thin.low_water"}).hold = 10s;
    w.rule("off", {"thin.low_water"}).enabled = false;
    w.rule("else", {"raid"});
    w.start().raise("thin.low_water").at(10);
    EXPECT_EQ(w.verdicts,
              (Words{"e1 now: fires: raised", "e1 held: waits: for 10s until 10",
                     "e1 off: the rule is disabled (enabled: false)",
                     "e1 else: on: does not name thin.low_water", "e1 held: fires: held for 10s"}));
}

// Whatever was taken in meanwhile.
TEST(Verdicts, SayOfWhatTheyAre) {
    World w;
    w.explain = true;
    w.rule("held", {"thin.low_water"}).hold = 10s;
    w.start().on(1).raise("thin.low_water").at(5).on(2).raise("raid.degraded").on(-1).at(10);
    EXPECT_EQ(w.verdicts,
              (Words{"e1 held: waits: for 10s until 10", "e2 held: on: does not name raid.degraded",
                     "e1 held: fires: held for 10s"}));
    EXPECT_EQ(w.subjects, (Words{"thin.low_water on dev1", " on ", "thin.low_water on dev1"}));
}

TEST(Verdicts, SayWhyOneWaitsAndWhyItEnded) {
    World w;
    w.explain = true;
    auto& rule = w.rule("r", {"thin.low_water", "thin.overflow"});
    rule.cooldown = 60s;
    w.start().raise("thin.low_water").raise("thin.low_water").raise("thin.overflow");
    w.at(1).done().at(2).end_as("thin.overflow", "thin.recovered").at(60).fail();
    EXPECT_EQ(w.verdicts,
              (Words{"e1 r: fires: raised", "e2 r: waits: until the run that is out ends",
                     "e3 r: waits: until the run that is out ends", "e2 r: waits: cooldown of 1m until 60",
                     "e3 r: waits: cooldown of 1m until 60", "e3 r: it ended while it waited",
                     "e4 r: on: does not name thin.recovered", "e2 r: fires: cooldown over"}));
}

TEST(Verdicts, SayOfRetriesLimitsAndWhatIsFolded) {
    World w;
    w.explain = true;
    auto& rule = w.rule("r", {"thin.low_water", "thin.extended"});
    rule.retry = RetrySettings{2, {1s, 1s}};
    rule.max_runs = {2, 60s};
    w.start().raise("thin.low_water");
    w.fail();
    w.at(1).fail();
    w.happen("thin.extended").happen("thin.extended");
    EXPECT_EQ(w.verdicts,
              (Words{"e1 r: fires: raised", "e1 r: waits: to be tried again, 2 of 2 until 1",
                     "e1 r: fires: retry 2 of 2", "e1 r: given up after 2 attempts",
                     "e2 r: waits: max_runs: 2 per 1m until 60", "e2 r: a later one stands for it: e3",
                     "e3 r: waits: max_runs: 2 per 1m until 60"}));
}

} // namespace
} // namespace dmev
