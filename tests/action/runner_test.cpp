// SPDX-License-Identifier: Apache-2.0
// Runs through their steps: order, locks, slots, refusals, and what is said of each.
#include "runner_driver.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;
using Types = std::vector<std::string>;
using Steps = std::vector<std::uint32_t>;
using acting::exec;
using acting::hook;

class RunnerSteps : public acting::RunnerTest {};

TEST_F(RunnerSteps, AStepBeginsWhenTheOneBeforeHasEndedWhateverCameOfIt) {
    const auto run = fire({exec({"/bin/a"}, "first"), exec({"/bin/b"}, "second"), exec({"/bin/c"}, "third")});
    ASSERT_EQ(started(), 1U);
    EXPECT_FALSE(runner->idle());
    programs->end(id(0), exited(5, "no room\n"));
    ASSERT_EQ(started(), 2U);
    EXPECT_EQ(program(1).argv[0], "/bin/b");
    programs->end(id(1));
    ASSERT_EQ(started(), 3U);
    EXPECT_FALSE(outcomes.contains(run));
    programs->end(id(2));
    EXPECT_EQ(types(), (Types{"action.failed", "action.finished", "action.finished"}));
    EXPECT_EQ(events[0].message, "rule 'grow': first failed: exit status 5: no room");
    EXPECT_EQ(field(1, "action"), "second");
    EXPECT_FALSE(outcomes.at(run).ok);
    EXPECT_EQ(outcomes.at(run).failed, (Steps{0}));
    EXPECT_TRUE(runner->idle());
}

TEST_F(RunnerSteps, ARetryRunsItsStepsAlone) {
    auto& rule = rules.emplace_back(acting::rule({exec({"/bin/a"}), exec({"/bin/b"}), exec({"/bin/c"})}));
    auto firing = acting::firing(rule, acting::event(), 9);
    firing.steps = {2};
    firing.attempt = 2;
    runner->run(std::move(firing));
    ASSERT_EQ(started(), 1U);
    EXPECT_EQ(program(0).argv[0], "/bin/c");
    programs->end(id(0), exited(1));
    EXPECT_EQ(outcomes.at(9).failed, (Steps{2}));
    EXPECT_EQ(field(0, "attempt"), "2");
}

TEST_F(RunnerSteps, ARunWithoutStepsIsOver) {
    const auto run = fire({});
    EXPECT_TRUE(outcomes.at(run).ok);
    EXPECT_TRUE(events.empty());
    EXPECT_TRUE(runner->idle());
}

TEST_F(RunnerSteps, LogNeedsNoSlotAndItsLineIsItsResult) {
    make({0, 10});
    testing::internal::CaptureStderr();
    const auto run = fire({acting::log_line("{device} is low")});
    EXPECT_NE(testing::internal::GetCapturedStderr().find("vg0-pool1 is low"), std::string::npos);
    EXPECT_TRUE(outcomes.at(run).ok);
    EXPECT_TRUE(events.empty());
}

TEST_F(RunnerSteps, ThePortsJsonAndANoteGoWithTheProgram) {
    fire({exec({"/bin/a"})});
    EXPECT_EQ(program(0).input, "{event-1}\n");
    EXPECT_NE(program(0).note.find("\"rule\":\"grow\""), std::string::npos);
}

TEST_F(RunnerSteps, TheRetryIsSaidWithTheFailure) {
    auto& rule = rules.emplace_back(acting::rule({exec({"/bin/a"})}));
    rule.settings.retry = RetrySettings{};
    retry_at = acting::at(1100);
    fire_rule(rule);
    programs->end(id(0), exited(1));
    EXPECT_EQ(field(0, "retry_at"), "1970-01-01T00:18:20.000000000Z");
    EXPECT_NE(events[0].message.find("(attempt 2 of 5)"), std::string::npos);
}

TEST_F(RunnerSteps, ARetryOfAnEarlierStepIsNoneOfTheLast) {
    auto& rule = rules.emplace_back(acting::rule({exec({"/bin/a"}), exec({"/bin/b"})}));
    rule.settings.retry = RetrySettings{};
    retry_at = acting::at(1100);
    fire_rule(rule);
    programs->end(id(0), exited(1));
    programs->end(id(1));
    EXPECT_EQ(types(), (Types{"action.failed", "action.finished"}));
    EXPECT_EQ(field(1, "retry_at"), "(none)");
}

TEST_F(RunnerSteps, AReminderOfWhatDoesNotApplyIsNoNews) {
    world[{253, 1}].text.status = "refuse";
    reminder = 1;
    const auto run = fire({hook("act.once"), exec({"/bin/b"})});
    ASSERT_EQ(started(), 1U) << "the next step goes on";
    programs->end(id(0));
    EXPECT_EQ(types(), (Types{"action.finished"}));
    EXPECT_TRUE(outcomes.at(run).ok);
}

TEST_F(RunnerSteps, WhatARefusalStoppedIsNotTriedAgain) {
    world[{253, 1}].text.status = "refuse";
    const auto run = fire({hook("act.once"), exec({"/bin/b"})});
    ASSERT_EQ(started(), 1U) << "the next step goes on";
    EXPECT_EQ(types(), (Types{"action.failed"}));
    EXPECT_EQ(field(0, "refused"), "yes");
    EXPECT_EQ(field(0, "reason"), "the status says so");
    programs->end(id(0));
    EXPECT_FALSE(outcomes.at(run).ok);
    EXPECT_TRUE(outcomes.at(run).failed.empty());
}

TEST_F(RunnerSteps, APluginsFaultIsNotTriedAgain) {
    world[{253, 1}].text.status = "throw";
    retry_at = acting::at(1100);
    const auto run = fire({hook("act.once")});
    EXPECT_EQ(events.at(0).message, "rule 'grow': act.once failed: the plugin failed: it is thrown");
    EXPECT_EQ(field(0, "refused"), "(none)");
    EXPECT_EQ(field(0, "retry_at"), "(none)");
    EXPECT_TRUE(outcomes.at(run).failed.empty());
    EXPECT_FALSE(outcomes.at(run).ok);
}

TEST_F(RunnerSteps, AGuardsRefusalIsNotTriedAgain) {
    const auto run = fire({hook("act.once")});
    Ended refused;
    refused.how = Ended::How::refused;
    refused.why = "dmeventd acts on this device";
    programs->end(id(0), refused);
    EXPECT_EQ(events.at(0).message, "rule 'grow': act.once was not run: dmeventd acts on this device");
    EXPECT_EQ(field(0, "refused"), "yes");
    EXPECT_TRUE(outcomes.at(run).failed.empty());
    EXPECT_FALSE(outcomes.at(run).ok);
}

TEST_F(RunnerSteps, WhatCannotBeStartedFailsAndIsTriedAgain) {
    programs->refusal = Error{ErrorKind::bad_config, "cannot start", "/bin/a", "its name is none", {}};
    const auto run = fire({exec({"/bin/a"})});
    EXPECT_EQ(events.at(0).message,
              "rule 'grow': exec failed: could not be started: cannot start /bin/a: its name is none");
    EXPECT_EQ(outcomes.at(run).failed, (Steps{0}));
    programs->refusal.reset();
    fire({exec({"/bin/a"})});
    EXPECT_EQ(started(), 1U) << "lock and slot were given back";
}

// Nothing of this is said as an event, or counts as an attempt: nothing was begun.
TEST_F(RunnerSteps, WhatCannotBeStartedForNowIsPutOff) {
    programs->refusal = Error{ErrorKind::failed, "cannot start", "/bin/a", "no processes", {}};
    const auto run = fire({exec({"/bin/a"}), exec({"/bin/b"})});
    fire({exec({"/bin/c"})}, acting::event(2));
    for (int tries = 0; tries < 4; ++tries) ASSERT_TRUE(loop.step(std::chrono::seconds{10}));
    EXPECT_TRUE(events.empty());
    EXPECT_FALSE(runner->idle());
    programs->refusal.reset();
    while (started() < 2) ASSERT_TRUE(loop.step(std::chrono::seconds{10}));
    EXPECT_NE(program(0).argv[0], program(1).argv[0]) << "lock and slot were given back";
    programs->end(id(0));
    programs->end(id(1));
    ASSERT_EQ(started(), 3U) << "the second step";
    programs->end(id(2));
    EXPECT_EQ(types(), (std::vector<std::string>{"action.finished", "action.finished", "action.finished"}));
    EXPECT_TRUE(outcomes.at(run).ok);
    EXPECT_TRUE(runner->idle());
}

TEST_F(RunnerSteps, WhatCannotBeStartedForLongFails) {
    programs->refusal = Error{ErrorKind::failed, "cannot start", "/bin/a", "no processes", {}};
    const auto run = fire({exec({"/bin/a"})});
    while (events.empty()) ASSERT_TRUE(loop.step(std::chrono::seconds{10}));
    EXPECT_EQ(events.at(0).message,
              "rule 'grow': exec failed: could not be started: cannot start /bin/a: no processes");
    EXPECT_EQ(outcomes.at(run).failed, (Steps{0}));
    EXPECT_TRUE(runner->idle());
}

TEST_F(RunnerSteps, WhoseLauncherIsGoneWaitsForTheNext) {
    make(LimitSettings{}, Millis{60'000}, Millis{0});
    programs->refusal = Error{ErrorKind::unavailable, "cannot start", "/bin/a", "the launcher is gone", {}};
    fire({exec({"/bin/a"})});
    for (int tries = 0; tries < 100; ++tries) ASSERT_TRUE(loop.step(std::chrono::seconds{10}));
    EXPECT_TRUE(events.empty());
    programs->refusal.reset();
    while (started() < 1) ASSERT_TRUE(loop.step(std::chrono::seconds{10}));
    programs->end(id(0));
    EXPECT_EQ(types(), std::vector<std::string>{"action.finished"});
}

TEST_F(RunnerSteps, WhatWasNotExecutedForWantOfProcessesIsPutOff) {
    fire({exec({"/bin/a"})});
    Ended ended;
    ended.how = Ended::How::not_started;
    ended.why = "cannot start a process for it";
    ended.status = EAGAIN;
    programs->end(id(0), ended);
    EXPECT_TRUE(programs->is_done(id(0)));
    while (started() < 2) ASSERT_TRUE(loop.step(std::chrono::seconds{10}));
    EXPECT_TRUE(events.empty());
    ended.status = ENOENT;
    programs->end(id(1), ended);
    EXPECT_EQ(types(), std::vector<std::string>{"action.failed"}) << "that stays so";
}

TEST_F(RunnerSteps, OneAtATimeForALock) {
    world[{253, 1}].text.status = "lock=vg:data";
    world[{253, 2}].text.status = "lock=vg:data";
    fire({hook("act.once")}, acting::event(1));
    fire({hook("act.once")}, acting::event(2));
    fire({exec({"/bin/mail"})}, acting::event(2));
    ASSERT_EQ(started(), 2U);
    EXPECT_EQ(program(1).argv[0], "/bin/mail");
    programs->end(id(0));
    EXPECT_EQ(started(), 3U);
}

TEST_F(RunnerSteps, TheMostSevereFirstInABoundedNumber) {
    make({1, 100});
    fire({exec({"/bin/a"})}, acting::event(1));
    fire({exec({"/bin/info"})}, acting::event(2, Severity::info));
    fire({exec({"/bin/critical"})}, acting::event(3, Severity::critical));
    ASSERT_EQ(started(), 1U);
    programs->end(id(0));
    EXPECT_EQ(program(1).argv[0], "/bin/critical");
    ASSERT_EQ(started(), 2U);
    runner->limit({2, 100});
    EXPECT_EQ(program(2).argv[0], "/bin/info");
}

TEST_F(RunnerSteps, ARunTooManyFailsAndSaysSo) {
    make({1, 2});
    fire({exec({"/bin/a"})}, acting::event(1));
    fire({exec({"/bin/b"})}, acting::event(2));
    const auto victim = fire({exec({"/bin/c"})}, acting::event(3, Severity::info));
    EXPECT_TRUE(events.empty());
    fire({exec({"/bin/d"})}, acting::event(4));
    ASSERT_EQ(types(), (Types{"action.failed"}));
    EXPECT_EQ(events[0].message,
              "rule 'grow': exec failed: 2 runs wait already, as many as limits: queue: allows");
    EXPECT_EQ(events[0].device->number.minor, 3U);
    EXPECT_EQ(outcomes.at(victim).failed, (Steps{0}));
    runner->limit({1, 0});
    EXPECT_EQ(events.size(), 3U);
}

TEST_F(RunnerSteps, AHookWhoseConditionIsOverWhenItsTurnComesIsNotRun) {
    make({1, 100});
    fire({exec({"/bin/a"})});
    const auto run = fire({hook("act.once"), exec({"/bin/mail"})}, acting::event(2));
    over = {"event-2"};
    programs->end(id(0));
    ASSERT_EQ(started(), 2U);
    EXPECT_EQ(program(1).argv[0], "/bin/mail") << "who is to be told is told";
    programs->end(id(1));
    EXPECT_TRUE(outcomes.at(run).ok);
    EXPECT_EQ(types(), (Types{"action.finished", "action.finished"}));
}

TEST_F(RunnerSteps, AHappeningDoesNotEnd) {
    over = {"event-1"};
    auto about = acting::event();
    about.state = State::happened;
    fire({hook("act.once")}, about);
    EXPECT_EQ(started(), 1U);
}

TEST_F(RunnerSteps, AHookIsPlannedOnWhatIsTrueWhenItStarts) {
    make({1, 100});
    fire({exec({"/bin/a"})});
    fire({hook("act.once")}, acting::event(2));
    world[{253, 2}].text.status = "later";
    part_now = "7";
    programs->end(id(0));
    EXPECT_EQ(program(1).argv, (std::vector<std::string>{"/bin/act", "later", "7"}));
    programs->end(id(1));
    EXPECT_EQ(field(1, "event"), "event-2") << "it is still about what was raised";
}

TEST_F(RunnerSteps, ALockThatChangesMeanwhileIsWaitedForOnce) {
    make({1, 100});
    world[{253, 2}].text.status = "lock=one";
    fire({exec({"/bin/a"})});
    fire({hook("act.once")}, acting::event(2));
    world[{253, 2}].text.status = "lock=two";
    programs->end(id(0));
    ASSERT_EQ(started(), 2U);
    EXPECT_NE(program(1).note.find("\"lock\":\"two\""), std::string::npos);
}

TEST_F(RunnerSteps, AHookThatHasBeenRefusedWhenItsTurnComesSaysSo) {
    make({1, 100});
    fire({exec({"/bin/a"})});
    const auto run = fire({hook("act.once")}, acting::event(2));
    world.erase({253, 2});
    programs->end(id(0));
    EXPECT_EQ(started(), 1U);
    EXPECT_EQ(field(1, "reason"), "the device is gone");
    EXPECT_TRUE(outcomes.at(run).failed.empty());
    fire({exec({"/bin/b"})});
    EXPECT_EQ(started(), 2U) << "its slot was given back";
}

TEST_F(RunnerSteps, OverdueIsSaidAndFreesTheSlotButNotTheLock) {
    make({1, 100});
    world[{253, 1}].text.status = "lock=vg careful";
    world[{253, 2}].text.status = "lock=vg";
    fire({hook("act.once")}, acting::event(1));
    fire({hook("act.once")}, acting::event(2));
    fire({exec({"/bin/page"})}, acting::event(3));
    ASSERT_EQ(started(), 1U);
    programs->overdue(id(0), 60s);
    EXPECT_EQ(types(), (Types{"action.overdue"}));
    ASSERT_EQ(started(), 2U);
    EXPECT_EQ(program(1).argv[0], "/bin/page");
    programs->end(id(1));
    EXPECT_EQ(started(), 2U) << "the lock is still held";
    programs->end(id(0));
    EXPECT_EQ(started(), 3U);
    EXPECT_EQ(types(), (Types{"action.overdue", "action.finished", "action.finished"}));
}

TEST_F(RunnerSteps, WhatDoesNotDieKeepsItsLockButNotItsSlot) {
    make({1, 100});
    world[{253, 1}].text.status = world[{253, 2}].text.status = "lock=vg";
    fire({hook("act.once")}, acting::event(1));
    fire({hook("act.once")}, acting::event(2));
    fire({exec({"/bin/page"})}, acting::event(3));
    ASSERT_EQ(started(), 1U);
    Ended stuck;
    stuck.stuck = true;
    stuck.why = "it does not die";
    programs->end(id(0), stuck);
    EXPECT_EQ(types(), (Types{"action.failed"})) << "said at once";
    EXPECT_TRUE(programs->is_done(id(0)));
    ASSERT_EQ(started(), 2U);
    EXPECT_EQ(program(1).argv[0], "/bin/page");
    programs->end(id(1));
    EXPECT_EQ(started(), 2U) << "the lock is still held";
    programs->release(id(0));
    EXPECT_EQ(started(), 3U);
    runner->released("unknown-1");
    EXPECT_EQ(events.size(), 2U);
}

TEST_F(RunnerSteps, PortsMayFireFromWithin) {
    on_ended = [this](std::uint64_t run) {
        if (run == 1) fire({exec({"/bin/again"})});
    };
    fire({exec({"/bin/a"})});
    std::size_t when_told = 0;
    on_event = [&] {
        when_told = started();
        if (events.size() == 1) fire({exec({"/bin/on-result"})}, acting::event(2));
    };
    programs->end(id(0));
    EXPECT_EQ(when_told, 1U) << "first it is said how it went, then others start";
    ASSERT_EQ(started(), 3U);
    EXPECT_EQ(program(1).argv[0], "/bin/again");
    EXPECT_EQ(program(2).argv[0], "/bin/on-result");
}

TEST_F(RunnerSteps, ResultsOfWhatAResultStartedAreMarked) {
    auto about = acting::event();
    about.type = "action.failed";
    about.state = State::happened;
    fire({exec({"/bin/a"})}, about);
    programs->end(id(0));
    EXPECT_EQ(field(0, "chain"), "yes");
}

TEST_F(RunnerSteps, ManyFiringsKeepOrderAndComeToAnEnd) {
    make({4, 1000});
    for (std::uint32_t i = 0; i < 200; ++i) fire({exec({"/bin/a"}), exec({"/bin/b"})}, acting::event(i));
    for (std::size_t i = 0; i < 400; ++i) {
        ASSERT_EQ(programs->running(), std::min<std::size_t>(4, 400 - i));
        programs->end(id(i), exited(static_cast<int>(i % 2)));
    }
    EXPECT_EQ(outcomes.size(), 200U);
    EXPECT_EQ(events.size(), 400U);
    EXPECT_TRUE(runner->idle());
}

TEST_F(RunnerSteps, AnEndOfNobodyIsPassedOver) {
    runner->ended("unknown-1", exited(0));
    runner->overdue("unknown-1", 1s);
    EXPECT_TRUE(events.empty());
}

} // namespace
} // namespace dmev
