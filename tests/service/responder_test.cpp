// SPDX-License-Identifier: Apache-2.0
// Rules, decider and runner together, with programs that run in the test's mind.
#include "service/responder.hpp"

#include <gtest/gtest.h>

#include "config/load.hpp"
#include "fakes/scripted_programs.hpp"
#include "fakes/toy_plugin.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

class ResponderTest : public testing::Test {
 protected:
    ResponderTest() : loop_(*Loop::create()) {
        plugins_.push_back(toy::plugin());
        catalogue_.add(plugins_[0].family());
    }
    std::shared_ptr<const Rulebook> rules(const std::string& text) {
        Diagnostics diagnostics;
        Settings settings;
        read_settings("version: 1\nrules:\n" + text, "rules.yaml", settings, diagnostics);
        auto book = std::make_shared<Rulebook>(compile(settings, catalogue_, diagnostics));
        for (const auto& error : diagnostics.errors) ADD_FAILURE() << error.text();
        limits_ = settings.limits;
        return book;
    }
    void open(const std::string& text, bool ready = true) {
        auto responder = Responder::open(
            loop_,
            [this](Programs::Sink sink) -> Result<std::unique_ptr<Programs>> {
                auto programs = std::make_unique<ScriptedPrograms>(std::move(sink));
                programs_ = programs.get();
                programs_->left_behind = left_behind_;
                return std::unique_ptr<Programs>{std::move(programs)};
            },
            catalogue_, plugins_, rules(text), limits_,
            {.facts = {.target = [](const DeviceId&, std::uint32_t) { return std::nullopt; },
                       .current =
                           [this](const Event& e) {
                               return holds_ && e.type.starts_with("toy.") ? std::optional{e} : std::nullopt;
                           }},
             .clock = [this] { return now_; },
             .read_again = [](DevNum, Time) {},
             .report =
                 [this](const Event& event) {
                     const auto* rule = find_field(event.data, "rule");
                     said_.push_back(event.type + ": " + (rule ? rule->text() : "?"));
                     ids_.push_back(event.id);
                 },
             .rehearsed = [this](const Decision& decision) { said_.push_back("would: " + decision.rule); },
             .changed = [this] { ++changed_; }});
        ASSERT_TRUE(responder);
        responder_ = std::move(*responder);
        if (ready) responder_->ready();
    }
    Event bad() {
        Event event;
        event.id = "e" + std::to_string(++events_);
        event.type = "toy.bad";
        event.severity = Severity::warning;
        event.state = State::raised;
        event.time = now_;
        event.device = DeviceId{"toy", "u", {253, 0}, 7};
        event.target = EventTarget{"toy", 0};
        event.message = "toy is bad";
        return event;
    }
    void wait(Duration d) {
        now_ += d;
        responder_->advance(now_);
    }
    void end(int status) { programs_->end(programs_->last(), ScriptedPrograms::exited(status, "word\n")); }

    Loop loop_;
    Catalogue catalogue_;
    std::vector<Plugin> plugins_;
    LimitSettings limits_;
    std::vector<Programs::Found> left_behind_;
    ScriptedPrograms* programs_ = nullptr;
    std::unique_ptr<Responder> responder_;
    Time now_{Duration{1'000'000'000'000}};
    bool holds_ = true;
    int events_ = 0, changed_ = 0;
    Strings said_, ids_;
};

TEST_F(ResponderTest, RunsAndTellsWhatCameOfIt) {
    open("  - {name: a, on: toy.bad, do: {exec: [/bin/page, '{message}']}}\n");
    EXPECT_TRUE(responder_->idle());
    responder_->take(bad());
    ASSERT_EQ(programs_->started.size(), 1U);
    EXPECT_EQ(programs_->started[0].program.argv, (Strings{"/bin/page", "toy is bad"}));
    EXPECT_NE(programs_->started[0].program.input.find(R"("type":"toy.bad")"), std::string::npos);
    EXPECT_FALSE(responder_->idle());
    end(0);
    EXPECT_EQ(said_, Strings{"action.finished: a"});
    EXPECT_TRUE(responder_->idle());
    EXPECT_FALSE(responder_->failed());
    EXPECT_GT(changed_, 0);
}

TEST_F(ResponderTest, TriesAgainAndFailsForGoodOnlyAtTheEnd) {
    open("  - {name: a, on: toy.bad, do: {exec: [/bin/page]}, retry: {attempts: 2, backoff: 1s..1m}}\n");
    responder_->take(bad());
    end(5);
    EXPECT_FALSE(responder_->failed());
    EXPECT_FALSE(responder_->idle());
    ASSERT_EQ(responder_->due(), now_ + 1s);
    wait(1s);
    ASSERT_EQ(programs_->started.size(), 2U);
    end(5);
    EXPECT_EQ(said_, (Strings{"action.failed: a", "action.failed: a"}));
    EXPECT_TRUE(responder_->failed());
    EXPECT_TRUE(responder_->idle());
}

TEST_F(ResponderTest, ResultsComeToTheRulesAndStartNoLoop) {
    open(
        "  - {name: a, on: toy.bad, do: {exec: [/bin/repair]}}\n"
        "  - {name: tell, on: [action.failed, action.finished], do: {exec: [/bin/mail]}}\n");
    responder_->take(bad());
    end(1);
    ASSERT_EQ(programs_->started.size(), 2U);
    EXPECT_EQ(programs_->started[1].program.argv[0], "/bin/mail");
    end(1);
    EXPECT_EQ(programs_->started.size(), 2U) << "the mail's own failure is no reason for another one";
    EXPECT_EQ(said_, (Strings{"action.failed: a", "action.failed: tell"}));
    EXPECT_NE(ids_[0], ids_[1]);
}

TEST_F(ResponderTest, AStepThatIsDoneAtOnceMayLeadToTheNextRule) {
    open(
        "  - {name: a, on: toy.bad, do: [{log: one}, {log: two}, {exec: [/bin/x]}]}\n"
        "  - {name: b, on: action.finished, match: {data.action: exec}, do: {log: three}}\n");
    responder_->take(bad());
    ASSERT_EQ(programs_->started.size(), 1U);
    end(0);
    EXPECT_TRUE(responder_->idle());
}

TEST_F(ResponderTest, ARuleOnTrialSaysWhatItWouldDo) {
    open("  - {name: a, on: toy.bad, do: {exec: [/bin/x]}, dry_run: true}\n");
    responder_->take(bad());
    EXPECT_EQ(programs_->started.size(), 0U);
    EXPECT_EQ(said_, Strings{"would: a"});
    EXPECT_TRUE(responder_->idle());
}

TEST_F(ResponderTest, MaxRunsIsACondition) {
    open("  - {name: a, on: toy.bad, do: {exec: [/bin/x]}, max_runs: 2 per 1m}\n");
    for (int i = 0; i < 3; ++i) {
        responder_->take(bad());
        if (programs_->running() > 0) end(0);
        now_ += 1s;
    }
    EXPECT_EQ(programs_->started.size(), 2U);
    EXPECT_EQ(said_, (Strings{"action.finished: a", "action.finished: a", "action.suspended: a"}));
    wait(1min);
    EXPECT_EQ(programs_->started.size(), 3U);
    EXPECT_EQ(said_.back(), "action.suspended: a") << "there is room again";
}

TEST_F(ResponderTest, ThatALimitWasReachedReachesWhoAsksForIt) {
    open(
        "  - {name: a, on: toy.bad, do: {exec: [/bin/x]}, max_runs: 1 per 1m}\n"
        "  - {name: tell, on: action.suspended, do: {exec: [/bin/mail]}}\n");
    responder_->take(bad());
    end(0);
    responder_->take(bad());
    ASSERT_EQ(programs_->started.size(), 2U);
    EXPECT_EQ(programs_->started[1].program.argv[0], "/bin/mail");
}

TEST_F(ResponderTest, WhatEndedBeforeEverythingWasReadWaitsUntilThen) {
    left_behind_ = {{"old", "", true}};
    open("  - {name: a, on: toy.bad, do: {exec: [/bin/x]}}\n", false);
    programs_->end("old");
    EXPECT_EQ(said_, Strings{});
    responder_->ready();
    EXPECT_EQ(said_.size(), 1U);
}

TEST_F(ResponderTest, OtherRulesAreTakenInAnInstant) {
    open("  - {name: a, on: toy.bad, do: {exec: [/bin/old]}}\n");
    responder_->reload(rules("  - {name: a, on: toy.bad, do: {exec: [/bin/new]}}\n"), {});
    responder_->take(bad());
    EXPECT_EQ(programs_->started.at(0).program.argv[0], "/bin/new");
}

} // namespace
} // namespace dmev
