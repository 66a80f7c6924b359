// SPDX-License-Identifier: Apache-2.0
// Rules decide and hooks plan, and nothing is run: every decision is said with its reason.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "action/plan.hpp"
#include "model/decision.hpp"
#include "rules/decider.hpp"
#include "service/reactor.hpp"

namespace dmev {

// What is so now, as the engine has it.
struct Facts {
    std::function<std::optional<TargetFacts>(const DeviceId&, std::uint32_t index)> target;
    std::function<std::optional<Event>(const Event&)> current;
    std::function<std::vector<Event>()> standing; // every condition that rules may see; may be empty
    bool known = true; // false: there is nothing to ask of targets
};

// What FIRING would do now.
Decision rehearse(const Firing& firing, std::span<const Plugin> plugins, const Facts& facts, Time now);
// TAKEN: the event that was taken in last.
Decision decision_of(const Verdict& verdict, const Event& taken, Time now);

class Rehearsal : public Reactor {
 public:
    // EVERY_RULE: also those that are not about an event, with the reason why not.
    Rehearsal(std::shared_ptr<const Rulebook> rules, std::span<const Plugin> plugins, Facts facts,
              std::function<void(const Decision&)> say, bool every_rule);

    void take_all(std::span<const Event> events) override;
    void advance(Time now) override;
    std::optional<Time> due() const override { return decider_.due(); }
    void looked(DevNum) override {}
    void ready() override {}
    bool idle() const override { return decider_.idle(); }
    bool failed() const override { return false; }
    void reload(std::shared_ptr<const Rulebook> rules, Time now);

 private:
    void rehearsed(const Firing& firing);

    std::shared_ptr<const Rulebook> rules_;
    std::span<const Plugin> plugins_;
    Facts facts_;
    std::function<void(const Decision&)> say_;
    Event event_; // the one that was taken in last
    Time now_{};
    Decider decider_;
};

} // namespace dmev
