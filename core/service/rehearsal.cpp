// SPDX-License-Identifier: Apache-2.0
#include "service/rehearsal.hpp"

#include <algorithm>
#include <utility>

#include "config/scalars.hpp"
#include "output/output.hpp"

namespace dmev {

Decision rehearse(const Firing& firing, std::span<const Plugin> plugins, const Facts& facts, Time now) {
    const auto& event = firing.event;
    Decision decision;
    decision.time = now;
    decision.rule = firing.rule->settings.name.text;
    decision.what = Decision::What::fires;
    decision.why = firing.because;
    decision.event = event.id;
    decision.event_type = event.type;
    if (event.device) decision.device = event.device->name;
    std::optional<TargetFacts> target;
    if (event.device && event.target) target = facts.target(*event.device, event.target->index);
    for (const auto index : firing.steps) {
        const auto& step = firing.rule->steps[index];
        Decision::Step said{step.name, {}, {}, {}, {}};
        if (!step.hook.empty() && !facts.known) {
            said.refused =
                "what it would run depends on the device, of which nothing is known here: use --replay";
            decision.steps.push_back(std::move(said));
            continue;
        }
        auto job = plan(firing, step, plugins, target, event_json);
        switch (job.kind) {
            case Job::Kind::program:
                said.argv = std::move(job.program.argv);
                for (auto& guard : job.program.guards)
                    said.managers.emplace_back(std::move(guard.who), std::move(guard.instead));
                break;
            case Job::Kind::log: said.line = std::move(job.line); break;
            case Job::Kind::refused:
            case Job::Kind::fault: said.refused = std::move(job.why); break;
        }
        decision.steps.push_back(std::move(said));
    }
    return decision;
}

Decision decision_of(const Verdict& verdict, const Event& taken, Time now) {
    Decision decision;
    decision.time = now;
    decision.rule = verdict.rule->settings.name.text;
    decision.what = verdict.what == Verdict::What::fires   ? Decision::What::fires
                    : verdict.what == Verdict::What::waits ? Decision::What::waits
                                                           : Decision::What::no;
    decision.why = verdict.why;
    decision.until = verdict.until;
    decision.event = verdict.event_id;
    decision.event_type = verdict.event_type;
    decision.device = verdict.device;
    if (decision.event_type.empty()) {
        decision.event_type = taken.type;
        if (taken.device) decision.device = taken.device->name;
    }
    return decision;
}

// Of what --dry-run and --explain never raise.
Decision decision_of_suspension(const Rule& rule, const Event& about, Time now) {
    Decision decision;
    decision.time = now;
    decision.rule = rule.settings.name.text;
    decision.what = Decision::What::waits;
    decision.why =
        "max_runs: " + format_max_runs(rule.settings.max_runs) + " reached, action.suspended would be raised";
    decision.event = about.id;
    decision.event_type = about.type;
    if (about.device) decision.device = about.device->name;
    return decision;
}

Rehearsal::Rehearsal(std::shared_ptr<const Rulebook> rules, std::span<const Plugin> plugins, Facts facts,
                     std::function<void(const Decision&)> say, bool every_rule)
    : rules_(std::move(rules)),
      plugins_(plugins),
      facts_(std::move(facts)),
      say_(std::move(say)),
      decider_(rules_, {.fire = [this](Firing&& firing) { rehearsed(firing); },
                        .suspended =
                            [this](const Rule& rule, const Event& about, State state) {
                                if (state == State::raised) say_(decision_of_suspension(rule, about, now_));
                            },
                        .current = facts_.current,
                        .verdict =
                            [this, every_rule](const Verdict& verdict) {
                                // What fires is told with what its steps come to.
                                if (verdict.what == Verdict::What::fires) return;
                                if (verdict.what == Verdict::What::no && !every_rule) return;
                                say_(decision_of(verdict, event_, now_));
                            },
                        .every_rule = every_rule,
                        .standing = facts_.standing}) {}

void Rehearsal::take_all(std::span<const Event> events) {
    for (const auto& event : events) {
        event_ = event;
        now_ = std::max(now_, event.time);
        decider_.take(event);
    }
}

void Rehearsal::advance(Time now) {
    now_ = std::max(now_, now);
    decider_.advance(now);
}

// A run that is only spoken of is over, and well, as soon as it was said.
void Rehearsal::rehearsed(const Firing& firing) {
    say_(rehearse(firing, plugins_, facts_, now_));
    decider_.ended(firing.id, {}, now_);
}

void Rehearsal::reload(std::shared_ptr<const Rulebook> rules, Time now) {
    rules_ = rules;
    decider_.reload(std::move(rules), now);
}

} // namespace dmev
