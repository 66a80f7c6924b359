// SPDX-License-Identifier: Apache-2.0
// What a successor does with the runs and programs of a runner that was killed.
#include "runner_driver.hpp"

namespace dmev {
namespace {

using acting::exec;
using acting::hook;
using Types = std::vector<std::string>;
using Steps = std::vector<std::uint32_t>;

class RunnerRestore : public acting::RunnerTest {
 protected:
    RunnerRestore() {
        remembers = true;
        make({});
    }
    // A run with its first program under way, and then the kill. Gives that program.
    Programs::Found killed(std::vector<Step> steps, bool running = true) {
        rule_ = &rules.emplace_back(acting::rule(std::move(steps)));
        (void)fire_rule(*rule_);
        note();
        return {id(0), program(0).note, running};
    }
    Firing out() { return acting::firing(*rule_, acting::event(), last_firing); }

    Rule* rule_ = nullptr;
};

TEST_F(RunnerRestore, AProgramIsWrittenDownBeforeItIsStarted) {
    std::vector<std::size_t> started_by_then;
    on_remember = [&] {
        started_by_then.push_back(started());
        EXPECT_TRUE(started() > 0 || rows.at("1").value.find("\"program\":\"") != std::string::npos);
    };
    fire({exec({"/bin/a"})});
    EXPECT_EQ(started_by_then, std::vector<std::size_t>{0});
    EXPECT_NE(rows.at("1").value.find(id(0)), std::string::npos);
    EXPECT_NE(program(0).note.find("\"remembered\":true"), std::string::npos);
    on_remember = [&] { EXPECT_FALSE(programs->is_done(id(0))); };
    programs->end(id(0));
    EXPECT_TRUE(rows.empty()) << "and forgotten before its files are";
}

TEST_F(RunnerRestore, NothingOfWhatIsKnownIsToldTwice) {
    fire({exec({"/bin/a"})});
    note();
    EXPECT_TRUE(runner->changed().empty());
    make({});
    EXPECT_TRUE(runner->changed().empty());
}

TEST_F(RunnerRestore, AProgramThatRunsIsWaitedForAndItsRunGoesOn) {
    const auto left = killed({exec({"/bin/a"}), exec({"/bin/b"})});
    EXPECT_TRUE(take_over({out()}, {left}).empty());
    runner->begin();
    EXPECT_EQ(started(), 0U);
    EXPECT_FALSE(runner->idle());
    over.insert("event-1"); // perhaps by what it did
    programs->end(left.id, exited(3));
    EXPECT_EQ(field(0, "adopted"), "yes");
    ASSERT_EQ(started(), 1U);
    EXPECT_EQ(program(0).argv[0], "/bin/b");
    programs->end(id(0));
    EXPECT_EQ(field(1, "adopted"), "(none)");
    EXPECT_EQ(outcomes.at(1).failed, (Steps{0}));
    EXPECT_TRUE(runner->idle());
    EXPECT_TRUE(rows.empty());
}

TEST_F(RunnerRestore, NothingIsBegunBeforeEveryDeviceWasRead) {
    const auto left = killed({exec({"/bin/a"}), exec({"/bin/b"})}, false);
    take_over({out()}, {left});
    programs->end(left.id);
    EXPECT_EQ(types(), Types{"action.finished"});
    EXPECT_EQ(started(), 0U);
    runner->begin();
    EXPECT_EQ(program(0).argv[0], "/bin/b");
}

TEST_F(RunnerRestore, AProgramThatIsNotThereIsClaimedAndBegunAnew) {
    const auto left = killed({exec({"/bin/a"})});
    take_over({out()});
    EXPECT_TRUE(programs->claimed.empty());
    runner->begin();
    EXPECT_EQ(programs->claimed, std::vector{left.id});
    ASSERT_EQ(started(), 1U);
    EXPECT_NE(id(0), left.id);
    EXPECT_NE(rows.at("1").value.find(id(0)), std::string::npos);
}

TEST_F(RunnerRestore, WhatNoLongerHoldsIsNotBegunAnew) {
    killed({exec({"/bin/a"}), exec({"/bin/b"})});
    take_over({out()});
    over.insert("event-1");
    runner->begin();
    EXPECT_EQ(started(), 0U);
    EXPECT_TRUE(outcomes.at(1).ok);
    EXPECT_TRUE(runner->idle());
}

TEST_F(RunnerRestore, ARunThatWasBegunIsSeenThrough) {
    killed({exec({"/bin/a"}), exec({"/bin/b"})});
    programs->end(id(0));
    note();
    ASSERT_EQ(started(), 2U);
    take_over({out()});
    over.insert("event-1");
    runner->begin();
    ASSERT_EQ(started(), 1U);
    EXPECT_EQ(program(0).argv[0], "/bin/b");
}

TEST_F(RunnerRestore, AProgramThatCameMeanwhileIsTakenOver) {
    const auto left = killed({exec({"/bin/a"})});
    take_over({out()});
    programs->late = left;
    runner->begin();
    EXPECT_EQ(started(), 0U);
    programs->end(left.id);
    EXPECT_TRUE(outcomes.at(1).ok);
    EXPECT_EQ(field(0, "adopted"), "yes");
}

TEST_F(RunnerRestore, WhatCannotBeKnownIsNotBegunAnew) {
    killed({exec({"/bin/a"})});
    take_over({out()});
    programs->claim_refusal = Error{ErrorKind::failed, "cannot take over", "it", "who knows", ""};
    runner->begin();
    EXPECT_EQ(started(), 0U);
    EXPECT_EQ(types(), Types{"action.failed"});
    EXPECT_NE(events[0].message.find("it is not known whether it was started: cannot take over"),
              std::string::npos);
    EXPECT_FALSE(outcomes.at(1).ok);
}

TEST_F(RunnerRestore, ARunOfWhichNothingIsKnownIsBegun) {
    killed({exec({"/bin/a"})});
    rows.clear();
    take_over({out()});
    runner->begin();
    EXPECT_EQ(started(), 1U);
    EXPECT_TRUE(programs->claimed.empty());
}

TEST_F(RunnerRestore, WhatWasSaidIsNotSaidAgain) {
    const auto left = killed({exec({"/bin/a"})}, false);
    rows.clear();
    take_over({}, {left});
    runner->begin();
    programs->end(left.id);
    EXPECT_TRUE(events.empty());
    EXPECT_TRUE(programs->is_done(left.id));
}

TEST_F(RunnerRestore, WhatRunsIsSaidThoughNoRunNamesIt) {
    const auto left = killed({exec({"/bin/a"})}, true);
    rows.clear();
    take_over({}, {left});
    note();
    EXPECT_EQ(rows.size(), 1U);
    runner->begin();
    programs->end(left.id);
    EXPECT_EQ(types(), Types{"action.finished"});
    EXPECT_TRUE(rows.empty());
}

TEST_F(RunnerRestore, OfARuleThatIsGoneWhatRunsIsSaid) {
    const auto left = killed({exec({"/bin/a"}), exec({"/bin/b"})});
    take_over({}, {left});
    note();
    EXPECT_FALSE(rows.contains("1"));
    take_over({}, {left}); // killed once more
    runner->begin();
    programs->end(left.id);
    EXPECT_EQ(types(), Types{"action.finished"});
    EXPECT_EQ(started(), 0U);
    note();
    EXPECT_TRUE(rows.empty());
}

TEST_F(RunnerRestore, OfARuleThatIsGoneNothingIsStartedLate) {
    const auto left = killed({exec({"/bin/a"})});
    take_over({});
    note();
    runner->begin();
    EXPECT_EQ(programs->claimed, std::vector{left.id});
    note();
    EXPECT_TRUE(rows.empty());
    EXPECT_EQ(started(), 0U);
}

TEST_F(RunnerRestore, WithoutStepsOnlyWhatRunsIsWaitedFor) {
    const auto left = killed({exec({"/bin/a"}), exec({"/bin/b"})});
    auto firing = out();
    firing.steps.clear();
    take_over({firing}, {left});
    runner->begin();
    EXPECT_FALSE(outcomes.contains(1));
    programs->end(left.id, exited(1));
    EXPECT_EQ(types(), Types{"action.failed"});
    EXPECT_FALSE(outcomes.at(1).ok);
    EXPECT_TRUE(outcomes.at(1).failed.empty());
    EXPECT_EQ(started(), 0U);
}

TEST_F(RunnerRestore, ARowThatCannotBeReadIsNamedAndItsRunIsNotBegunAgain) {
    killed({exec({"/bin/a"})});
    for (const auto* value : {"", "7", "{}", "{\"event\":7}", "{\"steps\":[-1]}"}) {
        rows["1"].value = value;
        const auto bad = take_over({out()});
        ASSERT_EQ(bad.size(), 1U) << value;
        EXPECT_NE(bad[0].text().find("a run of rule 'grow'"), std::string::npos) << bad[0].text();
        runner->begin();
        EXPECT_EQ(started(), 0U);
        EXPECT_FALSE(outcomes.at(1).ok);
    }
    rows["1"].value = "what?";
    EXPECT_EQ(take_over({}).size(), 1U);
}

TEST_F(RunnerRestore, TheQueuesLimitHoldsForThem) {
    std::vector<Firing> firings;
    for (std::uint32_t i = 1; i <= 5; ++i) {
        auto& rule = rules.emplace_back(acting::rule({exec({"/bin/a"})}));
        firings.push_back(acting::firing(rule, acting::event(), i));
    }
    take_over(firings);
    runner->limit({1, 2});
    EXPECT_TRUE(events.empty());
    runner->begin();
    EXPECT_EQ(started(), 1U);
    EXPECT_EQ(types(), (Types{"action.failed", "action.failed"}));
}

TEST_F(RunnerRestore, ItsLockIsHeldAndItsEffectAwaited) {
    world[{253, 1}].text.status = "lock=vg";
    const auto left = killed({hook("act.grow")});
    take_over({out()}, {left});
    runner->begin();
    fire({hook("act.once")});
    EXPECT_EQ(started(), 0U);
    programs->end(left.id);
    EXPECT_EQ(started(), 0U);
    EXPECT_TRUE(events.empty());
    world[{253, 1}].gauges[0].total = 12;
    look();
    EXPECT_EQ(types(), Types{"action.finished"});
    EXPECT_EQ(started(), 1U);
}

} // namespace
} // namespace dmev
