// SPDX-License-Identifier: Apache-2.0
// A dispatcher is killed at every point between two calls, once and twice: its successors run each step once,
// in order, and nothing is left over.
#include <gtest/gtest.h>

#include <algorithm>

#include "mortal.hpp"

namespace dmev {
namespace {

using mortal::Remains;
using Words = std::vector<std::string>;

// What happens, and the programs that are to run for it: of each run in order, once each.
struct Story {
    Settings settings;
    std::vector<Event> happens;
    std::vector<Words> runs;
    std::map<std::string, int> failures;

    RuleSettings& rule(const std::string& name, const std::string& on, const Words& programs) {
        auto& rule = settings.rules.emplace_back();
        rule.name.text = name;
        rule.on = {{on, {}}};
        for (const auto& program : programs) {
            StepSettings step;
            step.in_place = ActionSettings{};
            if (program == "log")
                step.in_place->log = LogSettings{{"debug", {}}, {"{device}", {}}};
            else
                step.in_place->exec = {{"/bin/" + program, {}}};
            rule.steps.push_back(std::move(step));
        }
        return rule;
    }
    void raise(const std::string& type, std::uint32_t minor) {
        Event e;
        e.id = "e" + std::to_string(happens.size());
        e.time = Time{std::chrono::hours{1}};
        e.type = type;
        e.severity = Severity::warning;
        e.state = State::raised;
        e.device = DeviceId{"d" + std::to_string(minor), "", {253, minor}, 7};
        happens.push_back(std::move(e));
    }
    std::shared_ptr<const Rulebook> book() const {
        Diagnostics diagnostics;
        auto out = std::make_shared<Rulebook>(compile(settings, Catalogue{}, diagnostics));
        for (const auto& error : diagnostics.errors) ADD_FAILURE() << error.text();
        return out;
    }
};

// When shepherds that were ordered before the kill come to their jobs, and when programs end.
struct Weather {
    bool late = false;       // shepherds come after the kill:
    bool after_all = false;  // after their jobs were claimed; else before
    bool ends_early = false; // programs end before anybody looks again
};

class Play {
 public:
    Play(const Story& story, Weather weather) : story_(story), weather_(weather), book_(story.book()) {
        remains_.failures = story.failures;
    }

    // The first instance, then one for each death, then one that lives. Gives the points that the last but
    // one went through, or 0 when it did not come to its death.
    bool run(const std::vector<unsigned>& deaths) {
        bool all_died = true;
        for (const auto death : deaths) all_died = instance(death) && all_died;
        (void)instance(0);
        return all_died;
    }

    void check() const {
        for (const auto& wanted : story_.runs) {
            Words ran;
            for (const auto& name : remains_.ran)
                if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) ran.push_back(name);
            EXPECT_EQ(ran, wanted);
        }
        std::size_t all = 0;
        for (const auto& wanted : story_.runs) all += wanted.size();
        EXPECT_EQ(remains_.ran.size(), all);
        for (const auto& name : remains_.ran)
            EXPECT_TRUE(std::any_of(remains_.said.begin(), remains_.said.end(), [&](const std::string& said) {
                return said.ends_with(" " + name);
            })) << name;
        for (const auto& [key, row] : remains_.ledger) EXPECT_NE(row.kind, "run") << row.key;
        for (const auto& [id, job] : remains_.jobs) EXPECT_EQ(job.phase, Remains::Job::Phase::claim) << id;
    }

 private:
    // Whether it died.
    bool instance(unsigned death) {
        remains_.now += std::chrono::milliseconds{1};
        mortal::Dispatcher it{remains_, book_, LimitSettings{}, {death, weather_.late}};
        it.take_over([&] {
            if (!weather_.after_all) remains_.keep_all();
            it.hear();
        });
        if (it.alive()) it.live(story_.happens);
        for (const auto& error : it.bad) ADD_FAILURE() << error.text();
        EXPECT_TRUE(!it.alive() || it.idle());
        if (weather_.ends_early) remains_.end_all();
        return !it.alive();
    }

    const Story& story_;
    Weather weather_;
    std::shared_ptr<const Rulebook> book_;
    Remains remains_;
};

constexpr Weather kWeathers[] = {{false, false, false}, {false, false, true}, {true, false, false},
                                 {true, false, true},   {true, true, false},  {true, true, true}};

void kill_everywhere(const Story& story, bool twice) {
    std::size_t kills = 0;
    for (const auto weather : kWeathers)
        for (unsigned first = 1, died = 1; died; ++first) {
            Play once{story, weather};
            died = once.run({first});
            once.check();
            kills += died;
            for (unsigned second = 1, again = twice && died; again; ++second) {
                Play play{story, weather};
                again = play.run({first, second});
                play.check();
                kills += again;
                if (testing::Test::HasFailure()) {
                    ADD_FAILURE() << "killed at " << first << " and " << second;
                    return;
                }
            }
            if (testing::Test::HasFailure()) {
                ADD_FAILURE() << "killed at " << first << (weather.late ? ", late" : "")
                              << (weather.after_all ? ", after all" : "")
                              << (weather.ends_early ? ", ends early" : "");
                return;
            }
        }
    EXPECT_GT(kills, 6U * 10) << "it was killed where it matters";
    testing::Test::RecordProperty("kills", static_cast<int>(kills));
}

TEST(KilledAnywhere, AStepRunsOnce) {
    Story story;
    story.rule("r", "device.read_only", {"a"});
    story.raise("device.read_only", 1);
    story.runs = {{"/bin/a"}};
    kill_everywhere(story, true);
}

TEST(KilledAnywhere, StepsRunInOrder) {
    Story story;
    story.rule("r", "device.read_only", {"a", "log", "b", "c"});
    story.raise("device.read_only", 1);
    story.runs = {{"/bin/a", "/bin/b", "/bin/c"}};
    kill_everywhere(story, true);
}

TEST(KilledAnywhere, WhatFailedIsTriedAgainAsOftenAsTheRuleSays) {
    Story story;
    story.rule("r", "device.read_only", {"a", "b"}).retry = RetrySettings{2, {Millis{1000}, Millis{1000}}};
    story.raise("device.read_only", 1);
    story.failures = {{"/bin/a", 1}};
    story.runs = {{"/bin/a", "/bin/b", "/bin/a"}};
    kill_everywhere(story, true);
}

TEST(KilledAnywhere, RunsOfOneDeviceWaitForItsLock) {
    Story story;
    story.rule("r", "device.read_only", {"a", "b"});
    story.rule("s", "device.read_only", {"c", "d"});
    story.raise("device.read_only", 1);
    story.runs = {{"/bin/a", "/bin/b"}, {"/bin/c", "/bin/d"}};
    kill_everywhere(story, false);
}

TEST(KilledAnywhere, RunsOfTwoDevicesDoNotMix) {
    Story story;
    story.rule("r", "device.read_only", {"a", "b"});
    story.rule("s", "device.suspended_long", {"c"});
    story.raise("device.read_only", 1);
    story.raise("device.suspended_long", 2);
    story.runs = {{"/bin/a", "/bin/b"}, {"/bin/c"}};
    kill_everywhere(story, false);
}

TEST(KilledAnywhere, WhatFollowsFromAResultIsDoneOnce) {
    Story story;
    story.rule("r", "device.read_only", {"a"});
    story.rule("page", "action.failed", {"page"});
    story.raise("device.read_only", 1);
    story.failures = {{"/bin/a", 1}};
    story.runs = {{"/bin/a"}, {"/bin/page"}};
    kill_everywhere(story, true);
}

TEST(KilledAnywhere, WhatWaitsForTheRunBeforeItIsNotLost) {
    Story story;
    story.rule("r", "device.*", {"a"}).cooldown = Millis{5000};
    story.raise("device.read_only", 1);
    story.raise("device.suspended_long", 1);
    story.runs = {{"/bin/a", "/bin/a"}};
    kill_everywhere(story, false);
}

} // namespace
} // namespace dmev
