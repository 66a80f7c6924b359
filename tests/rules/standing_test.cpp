// SPDX-License-Identifier: Apache-2.0
// Rules that come later than what they are about.
#include "world.hpp"

namespace dmev {
namespace {

TEST(Standing, ANewRuleAtAReloadIsOfferedWhatHolds) {
    World w;
    w.rule("a", {"thin.low_water"});
    w.start().raise("thin.low_water").done().raise("raid.device_failed", "1").on(1).raise("thin.low_water");
    w.done().take_fired();
    w.rule("b", {"thin.low_water", "raid.device_failed"});
    w.at(5).reload();
    EXPECT_EQ(w.fired, (Words{"5 b thin.low_water: it held already +1",
                              "5 b thin.low_water on dev1: it held already"}));
    w.reload();
    EXPECT_EQ(w.fired.size(), 2U) << "once";
}

TEST(Standing, AChangedRuleIsOfferedItAgain) {
    World w;
    w.rule("r", {"thin.low_water"});
    w.start().raise("thin.low_water").done().take_fired();
    w.settings.rules[0].cooldown = 1s;
    w.reload();
    EXPECT_EQ(w.fired, Words{"0 r thin.low_water: it held already"});
}

TEST(Standing, WhatHappenedOrIsOverIsNotOffered) {
    World w;
    w.rule("a", {"thin.low_water"});
    w.start().raise("thin.low_water").done().end("thin.low_water").happen("thin.extended").take_fired();
    w.rule("b", {"thin.low_water", "thin.extended"});
    w.reload();
    EXPECT_TRUE(w.fired.empty());
}

TEST(Standing, ForCountsFromWhenItBegan) {
    World w;
    w.rule("a", {"thin.extended"});
    w.start().raise("thin.low_water").at(4);
    w.rule("b", {"thin.low_water"}).hold = 10s;
    w.reload().at(9);
    EXPECT_TRUE(w.fired.empty());
    w.at(10);
    EXPECT_EQ(w.fired, Words{"10 b thin.low_water: held for 10s"});
}

TEST(Standing, OverARestartOnlyNewAndChangedRulesAreOfferedIt) {
    World w;
    w.rule("a", {"thin.low_water"});
    w.rule("b", {"thin.low_water"});
    w.start().raise("thin.low_water").done().done().take_fired();
    w.restart();
    EXPECT_TRUE(w.fired.empty()) << "both were told";
    w.settings.rules[1].max_runs = {3, 60s};
    w.rule("c", {"thin.low_water"});
    w.restart();
    EXPECT_EQ(w.take_fired(),
              (Words{"0 b thin.low_water: it held already", "0 c thin.low_water: it held already"}));
    w.done().done().restart();
    EXPECT_TRUE(w.fired.empty()) << "which was written down";
}

TEST(Standing, WhatIsToldBeforeEveryDeviceWasReadIsNotOfferedTwice) {
    World w;
    w.rule("a", {"thin.extended"});
    w.start().note();
    w.rule("b", {"thin.low_water", "raid.device_failed"});
    w.die().raise("thin.low_water").begin();
    w.done();
    EXPECT_EQ(w.fired, Words{"0 b thin.low_water: raised"});
}

TEST(Standing, WhatTheOldRuleRunsEndsFirst) {
    World w;
    w.rule("r", {"thin.low_water"});
    w.start().raise("thin.low_water").take_fired();
    w.settings.rules[0].cooldown = 1s;
    w.restart();
    EXPECT_TRUE(w.fired.empty());
    w.done();
    EXPECT_EQ(w.fired, Words{"0 r thin.low_water: the run before it ended"});
}

TEST(Standing, ARuleTakenAwayAndBroughtBackIsNew) {
    World w;
    w.rule("r", {"thin.low_water"});
    w.start().raise("thin.low_water").done().take_fired();
    auto rules = std::exchange(w.settings.rules, {});
    w.restart().note();
    EXPECT_FALSE(w.rules.contains("r"));
    w.settings.rules = rules;
    w.restart();
    EXPECT_EQ(w.fired, Words{"0 r thin.low_water: it held already"});
}

TEST(Standing, ARowThatCannotBeReadMeansOnceMore) {
    World w;
    w.rule("r", {"thin.low_water"});
    w.start().raise("thin.low_water").done().take_fired();
    w.note().rules.at("r").value = "{\"settings\":7}";
    w.die().begin();
    EXPECT_EQ(w.fired, Words{"0 r thin.low_water: it held already"});
}

} // namespace
} // namespace dmev
