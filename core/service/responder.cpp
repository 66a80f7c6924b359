// SPDX-License-Identifier: Apache-2.0
#include "service/responder.hpp"

#include <fmt/format.h>

#include <utility>

#include "output/output.hpp"

namespace dmev {
namespace {

// Which rule, on which device.
std::pair<std::string, std::string> event_key(const Event& event) {
    return {event.part, event.device ? event.device->number.text() + " " + event.device->uuid : ""};
}

} // namespace

Result<std::unique_ptr<Responder>> Responder::open(Loop& loop, const MakePrograms& make,
                                                   const Catalogue& catalogue,
                                                   std::span<const Plugin> plugins,
                                                   std::shared_ptr<const Rulebook> rules,
                                                   LimitSettings limits, Ports ports) {
    std::unique_ptr<Responder> responder{
        new Responder{catalogue, plugins, std::move(rules), std::move(ports)}};
    auto& self = *responder;
    auto programs = make({.ended =
                              [&self](const std::string& id, Ended&& ended) {
                                  if (!self.ready_)
                                      return void(self.early_.emplace_back(id, std::move(ended)));
                                  self.runner_->ended(id, std::move(ended));
                                  self.pump();
                              },
                          .overdue =
                              [&self](const std::string& id, std::chrono::milliseconds after) {
                                  self.runner_->overdue(id, after);
                                  self.pump();
                              },
                          .released =
                              [&self](const std::string& id) {
                                  self.runner_->released(id);
                                  self.pump();
                              }});
    if (!programs) return programs.error();
    self.programs_ = std::move(*programs);
    self.runner_ = std::make_unique<Runner>(
        loop, *self.programs_, plugins, catalogue, limits,
        Runner::Ports{.clock = self.ports_.clock,
                      .target = self.ports_.facts.target,
                      .current = [&self](const Event& event) { return self.current(event); },
                      .read_again = self.ports_.read_again,
                      .to_json = event_json,
                      .event = [&self](Event&& event) { self.say(std::move(event)); },
                      .ended =
                          [&self](std::uint64_t firing, const Decider::Outcome& outcome) {
                              const auto again = self.decider_.ended(firing, outcome, self.ports_.clock());
                              if (!outcome.ok && !again) self.failed_ = true;
                              return again;
                          }});
    self.runner_->adopt();
    self.pump();
    return responder;
}

Responder::Responder(const Catalogue& catalogue, std::span<const Plugin> plugins,
                     std::shared_ptr<const Rulebook> rules, Ports ports)
    : catalogue_(catalogue),
      plugins_(plugins),
      ports_(std::move(ports)),
      decider_(std::move(rules), {.fire = [this](Firing&& firing) { firings_.push_back(std::move(firing)); },
                                  .suspended = [this](const Rule& rule, const Event& about,
                                                      State state) { suspended(rule, about, state); },
                                  .current = [this](const Event& event) { return current(event); },
                                  .verdict = {}}) {}

Responder::~Responder() = default;

void Responder::take(const Event& event) {
    decider_.take(event);
    pump();
}

void Responder::advance(Time now) {
    decider_.advance(now);
    pump();
}

std::optional<Time> Responder::due() const { return decider_.due(); }

void Responder::looked(DevNum device) {
    runner_->looked(device);
    pump();
}

void Responder::ready() {
    ready_ = true;
    for (auto& [id, ended] : std::exchange(early_, {})) runner_->ended(id, std::move(ended));
    pump();
}

bool Responder::idle() const { return firings_.empty() && runner_->idle() && decider_.idle(); }

void Responder::reload(std::shared_ptr<const Rulebook> rules, LimitSettings limits) {
    decider_.reload(std::move(rules), ports_.clock());
    runner_->limit(limits);
    pump();
}

// Neither decider nor runner is called from within itself: what one says waits until it has returned.
void Responder::pump() {
    if (std::exchange(pumping_, true)) return;
    while (!firings_.empty() || !inbox_.empty()) {
        for (auto& event : std::exchange(inbox_, {})) decider_.take(event);
        for (auto& firing : std::exchange(firings_, {})) {
            if (!firing.rule->settings.dry_run) {
                runner_->run(std::move(firing));
                continue;
            }
            ports_.rehearsed(rehearse(firing, plugins_, ports_.facts, ports_.clock()));
            decider_.ended(firing.id, {}, ports_.clock());
        }
    }
    pumping_ = false;
    if (ports_.changed) ports_.changed();
}

void Responder::say(Event&& event) {
    event.time = ports_.clock();
    const auto lifetime = event.device ? event.device->diskseq.value_or(0) : 0;
    // The letter tells them from the engine's own of the same time.
    event.id =
        fmt::format("{:016x}-a{:07x}-{:x}", event.time.time_since_epoch().count(), ++counter_, lifetime);
    ports_.report(event);
    inbox_.push_back(std::move(event));
}

// Conditions are the engine's, but for the one that is ours.
std::optional<Event> Responder::current(const Event& event) const {
    if (event.type != "action.suspended") return ports_.facts.current(event);
    const auto it = suspended_.find(event_key(event));
    return it == suspended_.end() ? std::nullopt : std::optional{it->second};
}

void Responder::suspended(const Rule& rule, const Event& about, State state) {
    const auto& name = rule.settings.name.text;
    const auto* type = catalogue_.find("action.suspended");
    Event event;
    event.type = type->name;
    event.severity = type->severity;
    event.state = state;
    event.source = "action";
    event.device = about.device;
    event.target = about.target;
    event.part = name;
    const auto& limit = rule.settings.max_runs;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit.per).count();
    const auto who = about.device ? about.device->name + ": " : std::string{};
    event.message =
        state == State::raised
            ? fmt::format("{}rule '{}' ran {} times within {} s: it waits until there is room again", who,
                          name, limit.count, seconds)
            : fmt::format("{}rule '{}' may run again", who, name);
    event.data = {{"rule", {name}},
                  {"event", {about.id}},
                  {"event_type", {about.type}},
                  {"max_runs", {std::uint64_t{limit.count}}},
                  {"per_s", {std::int64_t{seconds}}}};
    if (state == State::raised)
        suspended_.insert_or_assign(event_key(event), event);
    else
        suspended_.erase(event_key(event));
    if (about.type.starts_with("action.")) set_field(event.data, "chain", {true}); // starts no rule either
    say(std::move(event));
}

} // namespace dmev
