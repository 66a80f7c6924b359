// SPDX-License-Identifier: Apache-2.0
// Exit status 0 proves nothing: what the next readings show decides. And what an earlier instance left
// behind.
#include "action/job_note.hpp"
#include "runner_driver.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;
using Types = std::vector<std::string>;
using acting::exec;
using acting::hook;

class RunnerEffect : public acting::RunnerTest {
 protected:
    void grow(std::uint64_t total) { world[{253, 1}].gauges[0].total = total; }
    // Until the runner's deadline has come.
    void await_event() {
        for (int i = 0; i < 100 && events.empty(); ++i) ASSERT_TRUE(loop.step(100ms));
        ASSERT_FALSE(events.empty());
    }
};

TEST_F(RunnerEffect, TheFirstReadingAfterTheEndMayShowIt) {
    const auto run = fire({hook("act.grow"), exec({"/bin/mail"})});
    grow(12);
    look();
    EXPECT_TRUE(events.empty()) << "while it runs a reading says nothing";
    programs->end(id(0));
    EXPECT_TRUE(events.empty());
    EXPECT_EQ(readings, (std::vector{now}));
    EXPECT_EQ(started(), 1U);
    runner->looked({253, 1});
    EXPECT_TRUE(events.empty()) << "a reading from before the end proves nothing";
    look(2);
    EXPECT_TRUE(events.empty()) << "nor that of another device";
    look();
    EXPECT_EQ(types(), (Types{"action.finished"}));
    EXPECT_EQ(started(), 2U);
    programs->end(id(1));
    EXPECT_TRUE(outcomes.at(run).ok);
}

TEST_F(RunnerEffect, AProgramIsKeptUntilItsResultWasSaid) {
    fire({hook("act.grow"), exec({"/bin/mail"})});
    programs->end(id(0));
    EXPECT_FALSE(programs->is_done(id(0)));
    std::vector<bool> before;
    on_event = [&] { before.push_back(programs->is_done(id(before.size()))); };
    grow(12);
    look();
    EXPECT_TRUE(programs->is_done(id(0)));
    programs->end(id(1), exited(1));
    EXPECT_TRUE(programs->is_done(id(1)));
    EXPECT_EQ(before, (std::vector<bool>{false, false}));
}

TEST_F(RunnerEffect, TheLockIsHeldUntilTheVerdictAndTheSlotIsNot) {
    make({1, 100});
    fire({hook("act.grow")});
    fire({hook("act.once")});
    fire({exec({"/bin/mail"})});
    programs->end(id(0));
    ASSERT_EQ(started(), 2U);
    EXPECT_EQ(program(1).argv[0], "/bin/mail");
    programs->end(id(1));
    EXPECT_EQ(started(), 2U);
    grow(12);
    look();
    EXPECT_EQ(started(), 3U);
}

TEST_F(RunnerEffect, ItIsReadAgainLessAndLessOften) {
    fire({hook("act.grow")});
    programs->end(id(0));
    const auto start = now;
    std::vector<Time> wanted{start};
    for (const auto wait : {250ms, 500ms, 1000ms, 2000ms}) {
        look();
        wanted.push_back(now + wait);
        pass(-0.5); // a reading for another reason, before the one that was asked for
        runner->looked({253, 1});
        pass(2.5);
    }
    look();
    look();
    EXPECT_TRUE(events.empty());
    std::vector<Time> asked;
    for (const auto when : readings)
        if (asked.empty() || asked.back() != when) asked.push_back(when);
    EXPECT_EQ(asked, wanted);
}

TEST_F(RunnerEffect, WithoutEffectItFails) {
    make({8, 100}, 20ms);
    const auto run = fire({hook("act.grow")});
    programs->end(id(0), exited(0, "WARNING: nothing to do\n"));
    look();
    EXPECT_TRUE(events.empty());
    await_event();
    EXPECT_EQ(types(), (Types{"action.no_effect"}));
    EXPECT_EQ(
        events[0].message,
        "rule 'grow': act.grow ended well after 10 ms but had no effect: data has not grown: its size is 10, "
        "it was 10: WARNING: nothing to do");
    EXPECT_EQ(field(0, "reason"), "data has not grown: its size is 10, it was 10");
    EXPECT_EQ(field(0, "output"), "WARNING: nothing to do\n");
    EXPECT_EQ(outcomes.at(run).failed, (std::vector<std::uint32_t>{0}));
    fire({hook("act.once")});
    EXPECT_EQ(started(), 2U) << "the lock was given back";
}

TEST_F(RunnerEffect, ADeviceThatIsNotReadShowsNothing) {
    make({8, 100}, 20ms);
    fire({hook("act.grow")});
    programs->end(id(0));
    await_event();
    EXPECT_EQ(field(0, "reason"), "the device was not read since");
}

TEST_F(RunnerEffect, TheDeadlineLooksOnceMore) {
    make({8, 100}, 20ms);
    fire({hook("act.grow")});
    programs->end(id(0));
    grow(12);
    pass(1);
    world[{253, 1}].read = now; // and nobody said so
    await_event();
    EXPECT_EQ(types(), (Types{"action.finished"}));
}

TEST_F(RunnerEffect, ATargetThatIsGoneNeedsNothingMore) {
    fire({hook("act.grow")});
    world.erase({253, 1});
    programs->end(id(0));
    EXPECT_EQ(types(), (Types{"action.finished"}));
    EXPECT_EQ(field(0, "target_gone"), "yes");
    world[{253, 1}] = acting::facts(1);
    fire({hook("act.grow")});
    programs->end(id(1));
    world.erase({253, 1});
    look();
    world[{253, 1}] = acting::facts(1);
    fire({hook("act.grow")});
    programs->end(id(2));
    world[{253, 1}].text.type = "linear";
    look();
    EXPECT_EQ(types(), (Types{"action.finished", "action.finished", "action.finished"}));
    EXPECT_EQ(field(1, "target_gone"), "yes");
    EXPECT_EQ(field(2, "target_gone"), "yes");
    EXPECT_EQ(events[2].message, "rule 'grow': act.grow finished after 10 ms; its target is gone");
}

TEST_F(RunnerEffect, AFailureWaitsForNoReading) {
    fire({hook("act.grow")});
    programs->end(id(0), exited(5));
    EXPECT_EQ(types(), (Types{"action.failed"}));
    EXPECT_TRUE(readings.empty());
}

TEST_F(RunnerEffect, PartsAndFieldsAreLookedAtToo) {
    world[{253, 1}].holding = {{"act.bad", "3"}, {"act.bad", "4"}};
    part_now = "3";
    fire({hook("act.mend")});
    programs->end(id(0));
    look();
    EXPECT_TRUE(events.empty());
    world[{253, 1}].holding = {{"act.bad", "4"}};
    look();
    EXPECT_EQ(types(), (Types{"action.finished"}));
    fire({hook("act.queue")});
    programs->end(id(1));
    world[{253, 1}].fields = {{"queueing", {false}}};
    look();
    EXPECT_EQ(events.size(), 1U);
    world[{253, 1}].fields = {{"queueing", {true}}};
    look();
    EXPECT_EQ(events.size(), 2U);
}

class RunnerAdopts : public RunnerEffect {
 protected:
    // The note that a runner gave to a program which an end of ours then left alone.
    std::string note_of(std::string hook_name) {
        fire({hook(std::move(hook_name))});
        return program(0).note;
    }
    void adopt(std::string note, bool running) {
        make({8, 100}, 20ms);
        programs->left_behind = {{"left-1", std::move(note), running}};
        runner->adopt();
    }
};

TEST_F(RunnerAdopts, ItsLockIsHeldUntilItEnds) {
    world[{253, 1}].text.status = "lock=vg";
    adopt(note_of("act.once"), true);
    fire({hook("act.once")});
    EXPECT_EQ(started(), 0U);
    programs->end("left-1", exited(5, "no room\n"));
    EXPECT_EQ(events.at(0).message, "rule 'grow': act.once failed: exit status 5: no room");
    EXPECT_EQ(field(0, "adopted"), "yes");
    EXPECT_EQ(field(0, "event"), "event-1");
    EXPECT_EQ(field(0, "program"), "/bin/act");
    EXPECT_EQ(events[0].device->name, "vg0-pool1");
    EXPECT_EQ(started(), 1U);
}

TEST_F(RunnerAdopts, ItsEffectIsAwaitedAndComparedWithWhatWasBefore) {
    adopt(note_of("act.grow"), true);
    EXPECT_TRUE(runner->idle()) << "it is no firing of ours";
    programs->end("left-1");
    EXPECT_TRUE(events.empty());
    grow(12);
    look();
    EXPECT_EQ(types(), (Types{"action.finished"}));
    EXPECT_EQ(field(0, "adopted"), "yes");
}

TEST_F(RunnerAdopts, WithoutEffectThatIsSaid) {
    adopt(note_of("act.grow"), false);
    programs->end("left-1");
    look();
    await_event();
    EXPECT_EQ(types(), (Types{"action.no_effect"}));
    EXPECT_EQ(field(0, "adopted"), "yes");
}

TEST_F(RunnerAdopts, ItIsOverdueLikeAnyOther) {
    adopt(note_of("act.once"), true);
    programs->overdue("left-1", 60s);
    EXPECT_EQ(types(), (Types{"action.overdue"}));
    EXPECT_EQ(field(0, "adopted"), "yes");
}

TEST_F(RunnerAdopts, ANoteThatCannotBeReadHidesNoResult) {
    testing::internal::CaptureStderr();
    adopt("{damaged", true);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("job left-1: cannot read the note of a job"),
              std::string::npos);
    programs->end("left-1", exited(3));
    EXPECT_EQ(events.at(0).message, "a program that an earlier run left behind failed: exit status 3");
    EXPECT_EQ(field(0, "adopted"), "yes");
}

TEST_F(RunnerAdopts, ItTakesNoSlotFromOurs) {
    const auto note = note_of("act.once");
    make({1, 100});
    programs->left_behind = {{"left-1", note, true}, {"left-2", note, false}};
    runner->adopt();
    fire({exec({"/bin/mail"})});
    ASSERT_EQ(started(), 1U);
    fire({exec({"/bin/page"})});
    programs->overdue("left-1", 60s);
    programs->end("left-1");
    programs->end("left-2");
    EXPECT_EQ(started(), 1U) << "it had none to give back";
    programs->end(id(0));
    EXPECT_EQ(started(), 2U);
}

TEST_F(RunnerAdopts, ItIsKeptUntilItsResultWasSaid) {
    adopt(note_of("act.grow"), true);
    programs->end("left-1");
    EXPECT_FALSE(programs->is_done("left-1")) << "its effect is awaited";
    bool before = true;
    on_event = [&] { before = programs->is_done("left-1"); };
    grow(12);
    look();
    EXPECT_EQ(types(), (Types{"action.finished"}));
    EXPECT_FALSE(before);
    EXPECT_TRUE(programs->is_done("left-1"));
}

} // namespace
} // namespace dmev
