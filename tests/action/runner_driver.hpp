// SPDX-License-Identifier: Apache-2.0
// A runner between a scripted world and scripted programs: time, devices, conditions and the decider's
// answers are the test's.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "action/runner.hpp"
#include "fakes/scripted_programs.hpp"
#include "support.hpp"

namespace acting {

class RunnerTest : public testing::Test {
 protected:
    RunnerTest() {
        plugins.push_back(plugin());
        world[{253, 1}] = facts(1);
        world[{253, 2}] = facts(2);
        make(dmev::LimitSettings{});
    }

    // REQUIRES: none of an earlier one's programs is still to end.
    void make(dmev::LimitSettings limits, dmev::Millis effect_within = dmev::Millis{60'000},
              dmev::Millis start_again = dmev::Millis{1}) {
        programs = std::make_unique<dmev::ScriptedPrograms>();
        dmev::Runner::Ports ports;
        ports.clock = [this] { return now; };
        ports.target = [this](const dmev::DeviceId& id, std::uint32_t) -> std::optional<dmev::TargetFacts> {
            const auto it = world.find(id.number);
            return it == world.end() ? std::nullopt : std::make_optional(it->second);
        };
        ports.current = [this](const dmev::Event& about) -> std::optional<dmev::Event> {
            if (over.contains(about.id)) return std::nullopt;
            auto e = about;
            e.id = "event-now";
            e.part = part_now;
            return e;
        };
        ports.read_again = [this](dmev::DevNum, dmev::Time by) { readings.push_back(by); };
        ports.to_json = [](const dmev::Event& about) { return "{" + about.id + "}"; };
        ports.event = [this](dmev::Event&& e) {
            events.push_back(std::move(e));
            if (on_event) on_event();
        };
        ports.ended = [this](std::uint64_t id, const dmev::Decider::Outcome& outcome) {
            outcomes[id] = outcome;
            if (on_ended) on_ended(id);
            return retry_at;
        };
        if (remembers)
            ports.remember = [this] {
                note();
                if (on_remember) on_remember();
            };
        runner = std::make_unique<dmev::Runner>(loop, *programs, plugins, catalogue, limits, std::move(ports),
                                                effect_within, start_again);
        programs->sink = {[this](const std::string& id, dmev::Ended&& e) { runner->ended(id, std::move(e)); },
                          [this](const std::string& id, dmev::Millis after) { runner->overdue(id, after); },
                          [this](const std::string& id) { runner->released(id); }};
    }

    // Writes down what is new of what a successor must know.
    void note() {
        for (auto& row : runner->changed()) {
            if (row.value.empty()) {
                EXPECT_EQ(rows.erase(row.key), 1U) << row.key;
            } else {
                rows.insert_or_assign(row.key, row);
            }
        }
    }
    // Another takes over: FIRINGS are out, and FOUND is what is left of programs.
    std::vector<dmev::Error> take_over(std::vector<dmev::Firing> firings,
                                       std::vector<dmev::Programs::Found> found = {}) {
        make({8, 100}, dmev::Millis{20});
        programs->left_behind = std::move(found);
        std::vector<dmev::Remembered> ledger;
        for (const auto& [key, row] : rows) ledger.push_back(row);
        pass(1); // ids of programs are made of the time
        return runner->restore(ledger, std::move(firings));
    }

    // Fires STEPS about EVENT; the rule lives as long as the test.
    std::uint64_t fire(std::vector<dmev::Step> steps, dmev::Event about = event()) {
        return fire_rule(rules.emplace_back(rule(std::move(steps))), std::move(about));
    }
    std::uint64_t fire_rule(const dmev::Rule& r, dmev::Event about = event()) {
        auto fired = firing(r, std::move(about), ++last_firing);
        fired.reminder = reminder;
        runner->run(std::move(fired));
        return last_firing;
    }

    // A reading of the device with MINOR is taken in, one second later.
    void look(std::uint32_t minor = 1) {
        pass(1);
        const dmev::DevNum number{253, minor};
        if (const auto it = world.find(number); it != world.end()) it->second.read = now;
        runner->looked(number);
    }
    void pass(double seconds) { now = at(dmev::Duration{now.time_since_epoch()}.count() / 1e9 + seconds); }

    std::size_t started() const { return programs->started.size(); }
    const dmev::Program& program(std::size_t i) const { return programs->started.at(i).program; }
    const std::string& id(std::size_t i) const { return programs->started.at(i).id; }
    static dmev::Ended exited(int status, std::string output = "") {
        return dmev::ScriptedPrograms::exited(status, std::move(output));
    }
    std::vector<std::string> types() const {
        std::vector<std::string> out;
        for (const auto& e : events) out.push_back(e.type);
        return out;
    }
    std::string field(std::size_t i, std::string_view name) const {
        const auto* value = dmev::find_field(events.at(i).data, name);
        return value ? value->text() : "(none)";
    }

    dmev::Loop loop = *dmev::Loop::create();
    dmev::Catalogue catalogue;
    std::vector<dmev::Plugin> plugins;
    std::deque<dmev::Rule> rules;

    // The world.
    dmev::Time now = at(1000);
    std::map<dmev::DevNum, dmev::TargetFacts> world;
    std::set<std::string> over;         // ids of events whose condition ended
    std::string part_now;               // of events as they are now
    std::optional<dmev::Time> retry_at; // the decider's answer
    std::function<void()> on_event;     // what the decider does meanwhile
    std::function<void(std::uint64_t)> on_ended;
    bool remembers = false; // what is made next has a ledger:
    std::map<std::string, dmev::Remembered> rows;
    std::function<void()> on_remember; // what else is done before it is written to

    // What the runner did.
    std::vector<dmev::Event> events;
    std::vector<dmev::Time> readings;
    std::map<std::uint64_t, dmev::Decider::Outcome> outcomes;
    std::uint64_t last_firing = 0;
    std::uint32_t reminder = 0; // of what is fired next

    std::unique_ptr<dmev::ScriptedPrograms> programs;
    std::unique_ptr<dmev::Runner> runner;
};

} // namespace acting
