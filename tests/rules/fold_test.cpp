// SPDX-License-Identifier: Apache-2.0
// What a run is told to be about when it stands for several events.
#include <gtest/gtest.h>

#include "world.hpp"

namespace dmev {
namespace {

std::string also(const Firing& firing) {
    const auto* field = find_field(firing.event.data, "also");
    return field ? field->text() : "";
}

TEST(Folded, TheMostSevereIsToldAndTheOthersAreNamed) {
    World w;
    w.rule("r", {"thin"});
    w.start().raise("thin.low_water");
    auto worst = w.event("thin.overflow", State::happened);
    worst.severity = Severity::critical;
    worst.message = "it is full";
    w.take(worst).happen("thin.extended").done();
    ASSERT_EQ(w.take_fired().back(), "0 r thin.overflow: the run before it ended +1");
    EXPECT_EQ(also(w.out.back()), "thin.extended: ");
    w.done().happen("thin.extended");
    EXPECT_EQ(also(w.out.back()), "") << "nothing else";
}

TEST(Folded, AHookHasATurnForEachTypeOfEvent) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water", "thin.overflow"});
    rule.steps = {StepSettings{{"thin.extend", {}}, {}, {}}};
    w.start().raise("thin.low_water").raise("thin.overflow").raise("thin.low_water");
    w.done();
    EXPECT_EQ(w.take_fired(),
              (Words{"0 r thin.low_water: raised", "0 r thin.low_water: the run before it ended"}));
    w.done();
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.overflow: the run before it ended"}));
    w.done();
    EXPECT_TRUE(w.decider().idle());
}

TEST(Folded, RemindersOfAHookTakeTurns) {
    World w;
    auto& rule = w.rule("r", {"thin.low_water", "thin.overflow"});
    rule.steps = {StepSettings{{"thin.extend", {}}, {}, {}}};
    rule.remind = {RemindSettings::How::every, 10s};
    w.start().raise("thin.low_water").raise("thin.overflow").done().done();
    w.take_fired();
    for (int i = 1; i <= 4; ++i) {
        w.at(10 * i);
        ASSERT_EQ(w.open(), 1U);
        w.done();
    }
    const auto fired = w.take_fired();
    EXPECT_EQ(std::count_if(fired.begin(), fired.end(),
                            [](const auto& line) { return line.find("overflow") != line.npos; }),
              2);
    EXPECT_EQ(fired.size(), 4U);
}

TEST(Folded, AnEndThatIsOverIsNotTold) {
    World w;
    w.rule("r", {"thin.recovered"}).cooldown = 30s;
    w.start().raise("thin.overflow").end_as("thin.overflow", "thin.recovered").done();
    w.at(5).raise("thin.overflow").end_as("thin.overflow", "thin.recovered").at(9).raise("thin.overflow");
    w.take_fired();
    w.at(60);
    EXPECT_EQ(w.take_fired(), Words{}) << "it is out of space again";
}

} // namespace
} // namespace dmev
