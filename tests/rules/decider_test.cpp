// SPDX-License-Identifier: Apache-2.0
// One thing at a time: for:, cooldown, reminders, max_runs, retries, coalescing.
#include "world.hpp"

namespace dmev {
namespace {

using How = RemindSettings::How;

TEST(Decider, RunsForWhatIsRaisedAndWhatHappens) {
    World w;
    w.rule("r", {"thin"});
    w.start().raise("thin.low_water").done().end("thin.low_water").after(1).happen("thin.extended").done();
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised", "1 r thin.extended: happened"}));
    EXPECT_TRUE(w.decider().idle());
    EXPECT_FALSE(w.decider().due());
}

TEST(Decider, RunsForAnEndOnlyWhereAskedFor) {
    World w;
    w.match(w.rule("r", {"thin.low_water"}), "state", {"cleared"});
    w.start().raise("thin.low_water").end("thin.low_water");
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: cleared"}));
}

TEST(Decider, AnEndThatIsNoneAnyMoreStartsNothing) {
    World w;
    w.match(w.rule("r", {"thin.low_water"}), "state", {"cleared"});
    w.start().end("thin.low_water").end("thin.low_water").raise("thin.low_water").done();
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: cleared"}));
    EXPECT_TRUE(w.decider().idle());
}

TEST(Decider, OneRunAtATimeForRuleAndDevice) {
    World w;
    w.rule("r", {"thin"});
    w.start().raise("thin.low_water").after(1).raise("thin.overflow").after(1).happen("thin.extended");
    w.on(1).raise("thin.low_water");
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised", "2 r thin.low_water on dev1: raised"}));
    w.after(1).done();
    EXPECT_EQ(w.take_fired(), (Words{"3 r thin.extended: the run before it ended +1"}));
    w.done().done();
    EXPECT_EQ(w.take_fired(), Words{});
    EXPECT_TRUE(w.decider().idle());
}

TEST(Decider, WhatEndedMeanwhileIsNotRun) {
    World w;
    w.rule("r", {"thin"});
    w.start().raise("thin.low_water").raise("thin.overflow").raise("thin.read_only").end("thin.read_only");
    w.forget("thin.overflow").done();
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised"}));
    EXPECT_TRUE(w.decider().idle());
}

TEST(Decider, CountsWhatIsCoalesced) {
    World w;
    w.rule("r", {"raid.device_failed", "thin.extended"});
    w.start().raise("raid.device_failed", "0");
    for (int i = 0; i < 5; ++i) w.happen("thin.extended");
    w.raise("raid.device_failed", "1").raise("raid.device_failed", "2").end("raid.device_failed", "2").done();
    EXPECT_EQ(w.take_fired(), (Words{"0 r raid.device_failed 0: raised",
                                     "0 r raid.device_failed 1: the run before it ended +5"}));
}

TEST(Decider, RemembersBoundedlyManyHappenings) {
    World w;
    w.rule("r", {"thin.extended"});
    w.start();
    for (int i = 0; i < 1001; ++i) w.happen("thin.extended", std::to_string(i));
    w.done();
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.extended 0: happened",
                                     "0 r thin.extended 1000: the run before it ended +999"}));
}

TEST(Decider, GivesTheConditionAsItIsNow) {
    World w;
    w.rule("r", {"thin.low_water"}).hold = 10s;
    w.start().raise("thin.low_water");
    auto newer = w.event("thin.low_water", State::raised);
    newer.message = "fuller";
    newer.initial = true;
    newer.source = "poll";
    w.after(5).take(newer).after(5);
    EXPECT_EQ(w.take_fired(), (Words{"10 r thin.low_water: held for 10s +1"}));
    EXPECT_EQ(w.out.front().event.id, "e2");
    EXPECT_TRUE(w.out.front().event.initial) << "how it came is the event's";
    EXPECT_EQ(w.out.front().event.message, "") << "what is known of it is the condition's";
}

TEST(Hold, RunsWhenItStillHolds) {
    World w;
    w.rule("r", {"thin.low_water"}).hold = 10s;
    w.start().raise("thin.low_water").at(9.9);
    EXPECT_EQ(w.take_fired(), Words{});
    EXPECT_FALSE(w.decider().idle());
    w.at(60);
    EXPECT_EQ(w.take_fired(), (Words{"10 r thin.low_water: held for 10s"}));
}

TEST(Hold, AnEndEndsTheWindow) {
    World w;
    w.rule("r", {"thin.low_water"}).hold = 10s;
    w.start().raise("thin.low_water").at(5).end("thin.low_water");
    EXPECT_FALSE(w.decider().due());
    w.at(6).raise("thin.low_water").at(15.9);
    EXPECT_EQ(w.take_fired(), Words{});
    w.at(16);
    EXPECT_EQ(w.take_fired(), (Words{"16 r thin.low_water: held for 10s"}));
}

TEST(Hold, AnEndAsAnotherTypeEndsTheWindow) {
    World w;
    w.rule("r", {"thin.overflow"}).hold = 10s;
    w.start().raise("thin.overflow").at(5).end_as("thin.overflow", "thin.recovered");
    EXPECT_FALSE(w.decider().due());
    EXPECT_TRUE(w.decider().idle());
}

TEST(Hold, AnEndThatNobodyToldIsSeenWhenTheTimeIsOver) {
    World w;
    w.rule("r", {"thin.overflow"}).hold = 10s;
    w.start().raise("thin.overflow").at(5).forget("thin.overflow").at(20);
    EXPECT_EQ(w.take_fired(), Words{});
    EXPECT_TRUE(w.decider().idle());
}

TEST(Hold, RaisedAgainWithoutAnEndItGoesOn) {
    World w; // a gauge's next step
    w.rule("r", {"thin.data_threshold"}).hold = 10s;
    w.start().raise("thin.data_threshold").at(9).raise("thin.data_threshold").at(10);
    EXPECT_EQ(w.take_fired(), (Words{"10 r thin.data_threshold: held for 10s +1"}));
}

TEST(Hold, WhatEndsAsAnotherTypeEndedBeforeItIsRaisedAgain) {
    World w; // without thin.recovered, since thin.read_only holds on
    w.rule("r", {"thin.overflow"}).hold = 10s;
    w.start().raise("thin.overflow").at(9).raise("thin.overflow").at(18.9);
    EXPECT_EQ(w.take_fired(), Words{});
    w.at(19);
    EXPECT_EQ(w.take_fired(), (Words{"19 r thin.overflow: held for 10s"}));
}

TEST(Hold, AReturnThatTheRuleDoesNotMatchBeginsTheWindowAnew) {
    World w;
    auto& rule = w.rule("r", {"thin.overflow"});
    rule.hold = 10s;
    w.match(rule, "part", {""});
    w.match(rule, "source", {"kernel"});
    w.start().raise("thin.overflow").at(6).forget("thin.overflow");
    // As if raised by a poll: the port knows, the rule does not match.
    w.raise("thin.overflow");
    auto polled = w.event("thin.overflow", State::raised);
    polled.source = "poll";
    w.take(polled).at(15.9);
    EXPECT_EQ(w.take_fired(), Words{});
    w.at(16);
    EXPECT_EQ(w.take_fired(), (Words{"16 r thin.overflow: held for 10s"}));
}

TEST(Hold, PartsAndDevicesHaveWindowsOfTheirOwn) {
    World w;
    w.rule("r", {"raid.device_failed"}).hold = 10s;
    w.start().raise("raid.device_failed", "0").at(3).raise("raid.device_failed", "1").on(1);
    w.at(5).raise("raid.device_failed", "0").end("raid.device_failed", "0").at(30);
    EXPECT_EQ(w.take_fired(), (Words{"10 r raid.device_failed 0: held for 10s"}));
    w.done();
    EXPECT_EQ(w.take_fired(), (Words{"30 r raid.device_failed 1: the run before it ended"}));
}

TEST(Cooldown, DefersAndDropsNothing) {
    World w;
    w.rule("r", {"thin.extended", "thin.low_water"}).cooldown = 60s;
    w.start()
        .happen("thin.extended")
        .at(5)
        .done()
        .at(10)
        .happen("thin.extended")
        .at(20)
        .happen("thin.extended");
    w.raise("thin.low_water").at(30).end("thin.low_water").at(59.9);
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.extended: happened"}));
    w.at(100);
    EXPECT_EQ(w.take_fired(), (Words{"60 r thin.extended: cooldown over +1"}));
    w.done().at(119).happen("thin.extended").at(200);
    EXPECT_EQ(w.take_fired(), (Words{"120 r thin.extended: cooldown over"}));
}

TEST(Cooldown, IsForEachDevice) {
    World w;
    w.rule("r", {"thin.extended"}).cooldown = 60s;
    w.start().happen("thin.extended").on(1).happen("thin.extended").on(-1).happen("thin.extended");
    EXPECT_EQ(w.open(), 3u);
}

TEST(Remind, Once) {
    World w;
    w.rule("r", {"thin.low_water"});
    w.start().raise("thin.low_water").done().at(1e6);
    EXPECT_EQ(w.take_fired().size(), 1u);
}

TEST(Remind, EveryHourWhileItHolds) {
    World w;
    w.rule("r", {"thin.low_water"}).remind = {How::every, 1h};
    w.start().raise("thin.low_water").done().at(3600).done().at(7200).done();
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised", "3600 r thin.low_water: reminder 1",
                                     "7200 r thin.low_water: reminder 2"}));
    EXPECT_TRUE(w.decider().idle()) << "what may come is not what waits";
    w.end("thin.low_water");
    EXPECT_FALSE(w.decider().due());
    w.at(8000).raise("thin.low_water").done().at(11600);
    EXPECT_EQ(w.take_fired(), (Words{"8000 r thin.low_water: raised", "11600 r thin.low_water: reminder 1"}));
    EXPECT_EQ(w.out.front().reminder, 1u);
}

TEST(Remind, NotWhileItRuns) {
    World w;
    w.rule("r", {"thin.low_water"}).remind = {How::every, 60s};
    w.start().raise("thin.low_water").at(200);
    EXPECT_EQ(w.open(), 1u);
    w.take_fired();
    w.done();
    EXPECT_EQ(w.take_fired(), (Words{"200 r thin.low_water: reminder 1"}));
}

TEST(Remind, DiminishesUpTo32Times) {
    World w;
    w.rule("r", {"thin.low_water"}).remind = {How::diminishing, 1s};
    w.start().raise("thin.low_water").done();
    std::vector<double> gaps;
    for (double last = 0; gaps.size() < 8;) {
        const double due = second_of(*w.decider().due());
        w.at(due).done();
        gaps.push_back(due - last);
        last = due;
    }
    EXPECT_EQ(gaps, (std::vector<double>{1, 2, 4, 8, 16, 32, 32, 32}));
}

TEST(Remind, TellsOfEachConditionThatStillHolds) {
    World w;
    w.rule("r", {"raid.device_failed"}).remind = {How::every, 60s};
    w.start()
        .raise("raid.device_failed", "0")
        .done()
        .at(30)
        .raise("raid.device_failed", "1")
        .done()
        .at(90)
        .done();
    w.end("raid.device_failed", "1").at(150).done().end("raid.device_failed", "0").at(1000);
    EXPECT_EQ(w.take_fired(),
              (Words{"0 r raid.device_failed 0: raised", "30 r raid.device_failed 1: raised",
                     "90 r raid.device_failed 1: reminder 1 +1", "150 r raid.device_failed 0: reminder 2"}));
}

TEST(Remind, HappeningsAreNotRemindedOf) {
    World w;
    w.rule("r", {"thin.extended", "thin.low_water"}).remind = {How::every, 60s};
    w.start().happen("thin.extended").done();
    EXPECT_FALSE(w.decider().due());
}

TEST(MaxRuns, SuspendsAndGoesOn) {
    World w;
    w.rule("r", {"thin.low_water"}).max_runs = {2, 60s};
    w.start();
    for (int i = 0; i < 4; ++i) {
        w.at(i * 10).raise("thin.low_water");
        if (w.open()) w.done();
    }
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised", "10 r thin.low_water: raised"}));
    EXPECT_EQ(w.suspensions, (Words{"20 r raised by e3"}));
    w.at(60);
    EXPECT_EQ(w.take_fired(), (Words{"60 r thin.low_water: room again within max_runs +1"}));
    EXPECT_EQ(w.suspensions, (Words{"20 r raised by e3", "60 r cleared by e3"}));
}

TEST(MaxRuns, IsClearedThoughNothingWaitsAnyMore) {
    World w;
    w.rule("r", {"thin.low_water"}).max_runs = {1, 60s};
    w.start().raise("thin.low_water").done().at(1).raise("thin.low_water").end("thin.low_water").at(100);
    EXPECT_EQ(w.take_fired().size(), 1u);
    EXPECT_EQ(w.suspensions, (Words{"1 r raised by e2", "60 r cleared by e2"}));
    EXPECT_FALSE(w.decider().due());
}

TEST(MaxRuns, ItsWindowSlides) {
    World w;
    w.rule("r", {"thin.extended"}).max_runs = {3, 60s};
    w.start();
    for (const double second : {0, 20, 40, 60, 70, 80}) {
        w.at(second).happen("thin.extended");
        while (w.open()) w.done();
    }
    EXPECT_EQ(w.take_fired(), (Words{
                                  "0 r thin.extended: happened",
                                  "20 r thin.extended: happened",
                                  "40 r thin.extended: happened",
                                  "60 r thin.extended: happened",
                                  "80 r thin.extended: room again within max_runs",
                              }));
    w.at(200);
    EXPECT_EQ(w.take_fired(), (Words{"100 r thin.extended: room again within max_runs"}));
}

RuleSettings& retrying(World& w, std::uint32_t attempts = 3) {
    auto& rule = w.rule("r", {"thin.low_water", "thin.extended"});
    rule.retry = RetrySettings{attempts, {1s, 3s}};
    rule.steps.push_back(rule.steps[0]);
    return rule;
}

TEST(Retry, OnlyFailedStepsWithAWaitThatDoubles) {
    World w;
    retrying(w, 5);
    w.start().raise("thin.low_water");
    EXPECT_EQ(w.fail({1}), 1);
    w.at(1);
    EXPECT_EQ(w.fail({1}), 3);
    w.at(3);
    EXPECT_EQ(w.fail({1}), 6);
    w.at(6);
    EXPECT_EQ(w.fail({1}), 9);
    w.at(9);
    EXPECT_EQ(w.fail({1}), -1) << "the last attempt";
    EXPECT_EQ(w.take_fired(),
              (Words{"0 r thin.low_water: raised", "1 r thin.low_water: retry 2 of 5 attempt 2 steps 1",
                     "3 r thin.low_water: retry 3 of 5 attempt 3 steps 1",
                     "6 r thin.low_water: retry 4 of 5 attempt 4 steps 1",
                     "9 r thin.low_water: retry 5 of 5 attempt 5 steps 1"}));
    EXPECT_TRUE(w.decider().idle());
    w.at(20).raise("thin.low_water");
    EXPECT_EQ(w.take_fired(), (Words{"20 r thin.low_water: raised"})) << "a new event begins anew";
}

TEST(Retry, NotWhatWasRefused) {
    World w;
    retrying(w);
    w.start().raise("thin.low_water");
    EXPECT_EQ(w.fail({}), -1);
    EXPECT_TRUE(w.decider().idle());
}

TEST(Retry, NotWithoutTheSetting) {
    World w;
    w.rule("r", {"thin.low_water"});
    w.start().raise("thin.low_water");
    EXPECT_EQ(w.fail(), -1);
}

TEST(Retry, OnlyWhileItHolds) {
    World w;
    retrying(w);
    w.start().raise("thin.low_water");
    EXPECT_EQ(w.fail(), 1);
    w.end("thin.low_water");
    EXPECT_FALSE(w.decider().due());
    w.raise("thin.low_water").forget("thin.low_water");
    EXPECT_EQ(w.fail(), -1) << "nobody told of the end";
    w.happen("thin.extended");
    EXPECT_EQ(w.fail(), 1) << "what happened has happened";
}

TEST(Retry, ANewEventRunsAllStepsAtOnceAndKeepsTheCount) {
    World w;
    retrying(w, 4);
    w.start().raise("thin.low_water");
    w.fail({1});
    w.at(1);
    EXPECT_EQ(w.fail({1}), 3);
    w.take_fired();
    w.at(2).happen("thin.extended");
    EXPECT_EQ(w.take_fired(), (Words{"2 r thin.extended: happened +1 attempt 3"}));
    EXPECT_EQ(w.fail({0}), 5);
    w.at(5);
    EXPECT_EQ(w.take_fired(), (Words{"5 r thin.extended: retry 4 of 4 +1 attempt 4 steps 0"}));
}

TEST(Retry, WhatCameWhileItRanTakesItAlong) {
    World w;
    retrying(w);
    w.start().raise("thin.low_water").happen("thin.extended");
    EXPECT_EQ(w.fail({1}), 0) << "at once";
    EXPECT_EQ(w.take_fired(), (Words{"0 r thin.low_water: raised",
                                     "0 r thin.extended: the run before it ended +1 attempt 2"}));
}

TEST(Loops, ARuleNeverRunsForItsOwnResults) {
    World w;
    w.rule("a", {"action"});
    w.rule("b", {"action"});
    w.start();
    auto result = w.event("action.failed", State::happened);
    set_field(result.data, "rule", Value{std::string{"a"}});
    w.take(result);
    EXPECT_EQ(w.take_fired(), (Words{"0 b action.failed: happened"}));
    w.done();
    auto chained = w.event("action.failed", State::happened);
    set_field(chained.data, "rule", Value{std::string{"b"}});
    set_field(chained.data, "chain", Value{true});
    w.take(chained);
    EXPECT_EQ(w.take_fired(), Words{});
}

TEST(Loops, APortMayCallTheDecider) {
    World w;
    w.rule("r", {"thin"});
    auto book = w.book();
    std::unique_ptr<Decider> decider;
    Words fired;
    Decider::Ports ports;
    ports.fire = [&](Firing&& f) {
        fired.push_back(f.event.type + ": " + f.because);
        if (fired.size() == 1) decider->take(w.event("thin.extended", State::happened));
        decider->ended(f.id, {}, at_second(0));
    };
    ports.suspended = [](const Rule&, const Event&, State) {};
    ports.current = [](const Event& e) { return e; };
    decider = std::make_unique<Decider>(book, std::move(ports));
    decider->take(w.event("thin.low_water", State::raised));
    EXPECT_EQ(fired, (Words{"thin.low_water: raised", "thin.extended: the run before it ended"}));
    EXPECT_TRUE(decider->idle());
}

} // namespace
} // namespace dmev
