// SPDX-License-Identifier: Apache-2.0
// What is said of rules when nothing is run: of which event, which device, and when.
#include "service/rehearsal.hpp"

#include <gtest/gtest.h>

#include "config/load.hpp"
#include "fakes/toy_plugin.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

class RehearsalTest : public testing::Test {
 protected:
    RehearsalTest() {
        plugins_.push_back(toy::plugin());
        auto family = plugins_[0].family();
        family.hooks.push_back({"toy.mend", "", {}, "", ""}); // which the plugin does not know
        catalogue_.add(family);
    }
    // Each decision as "SECOND RULE DECISION EVENT TYPE DEVICE: WHY[ until SECOND]".
    void open(const std::string& rules, bool known = true) {
        Diagnostics diagnostics;
        Settings settings;
        read_settings("version: 1\nrules:\n" + rules, "rules.yaml", settings, diagnostics);
        auto book = std::make_shared<Rulebook>(compile(settings, catalogue_, diagnostics));
        for (const auto& error : diagnostics.errors) ADD_FAILURE() << error.text();
        const Facts facts{.target = [](const DeviceId&, std::uint32_t) { return std::nullopt; },
                          .current = [](const Event& e) { return std::optional{e}; },
                          .known = known};
        const auto say = [this](const Decision& d) {
            said_.push_back(std::to_string((d.time - start_) / 1s) + " " + d.rule + " " +
                            decision_name(d.what) + " " + d.event + " " + d.event_type + " " + d.device +
                            ": " + d.why +
                            (d.until ? " until " + std::to_string((*d.until - start_) / 1s) : ""));
            for (const auto& step : d.steps) steps_.push_back(step.action + ": " + step.refused);
        };
        rehearsal_.emplace(book, plugins_, facts, say, true);
    }
    void take(int second, const std::string& id, const std::string& device, State state = State::raised) {
        Event event;
        event.id = id;
        event.time = start_ + second * 1s;
        event.type = "toy.bad";
        event.state = state;
        event.device = DeviceId{device, "", {253, static_cast<std::uint32_t>(device.back())}, 1};
        event.target = EventTarget{"toy", 0};
        rehearsal_->take(event);
    }

    const Time start_ = *parse_utc("2026-01-31T10:15:00Z");
    Catalogue catalogue_;
    std::vector<Plugin> plugins_;
    std::optional<Rehearsal> rehearsal_;
    Strings said_, steps_;
};

TEST_F(RehearsalTest, SaysOfLateDecisionsWhatTheyAreAboutAndWhenTheyAre) {
    open("  - {name: r, on: toy.bad, cooldown: 1m, do: {log: x}}\n");
    take(0, "a", "one");
    take(5, "b", "one");
    take(10, "c", "two");
    take(20, "d", "one", State::cleared);
    EXPECT_EQ(said_,
              (Strings{"0 r fires a toy.bad one: raised", "5 r waits b toy.bad one: cooldown of 1m until 60",
                       "10 r fires c toy.bad two: raised", "20 r no b toy.bad one: it ended while it waited",
                       "20 r no d toy.bad one: state is cleared, and match: does not ask for ends"}));
    said_.clear();
    take(30, "e", "one");
    take(40, "f", "two");
    rehearsal_->advance(start_ + 60s);
    EXPECT_EQ(said_.back(), "60 r fires e toy.bad one: cooldown over");
}

TEST(DecisionOf, EachVerdictIsOneOfItsKind) {
    Rule rule;
    rule.settings.name.text = "r";
    Event taken;
    taken.type = "toy.bad";
    using What = Verdict::What;
    for (const auto& [verdict, decision] :
         {std::pair{What::fires, Decision::What::fires}, std::pair{What::waits, Decision::What::waits},
          std::pair{What::no, Decision::What::no}})
        EXPECT_EQ(decision_of({verdict, &rule, "e1", "raised", {}, {}, {}}, taken, Time{}).what, decision);
}

TEST_F(RehearsalTest, SaysWhereActionSuspendedWouldBeRaised) {
    open("  - {name: r, on: toy.bad, max_runs: 1 per 1m, do: {log: x}}\n");
    take(0, "a", "one");
    take(5, "b", "one");
    EXPECT_EQ(
        said_,
        (Strings{"0 r fires a toy.bad one: raised", "5 r waits b toy.bad one: max_runs: 1 per 1m until 60",
                 "5 r waits b toy.bad one: max_runs: 1 per 1m reached, action.suspended would be "
                 "raised"}));
}

TEST_F(RehearsalTest, DoesNotTakeADeviceForGoneOfWhichItKnowsNothing) {
    const std::string rules = "  - {name: r, on: toy.bad, do: [toy.mend, {log: x}]}\n";
    open(rules, false);
    take(0, "a", "one");
    EXPECT_EQ(steps_, (Strings{"toy.mend: what it would run depends on the device, of which nothing is known "
                               "here: use --replay",
                               "log: "}));
    steps_.clear();
    open(rules);
    take(0, "a", "one");
    EXPECT_EQ(steps_, (Strings{"toy.mend: no plugin has this hook", "log: "}));
}

} // namespace
} // namespace dmev
