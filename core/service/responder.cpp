// SPDX-License-Identifier: Apache-2.0
#include "service/responder.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/log.hpp"
#include "output/output.hpp"

namespace dmev {
namespace {

// Which condition, of which part and device.
std::tuple<std::string, std::string, std::string> event_key(const Event& event) {
    return {event.type, event.part,
            event.device ? event.device->number.text() + " " + event.device->uuid : ""};
}

} // namespace

Result<std::unique_ptr<Responder>> Responder::open(
    Loop& loop, const MakePrograms& make, const Catalogue& catalogue, std::span<const Plugin> plugins,
    std::shared_ptr<const Rulebook> rules, LimitSettings limits, Ports ports, Inheritance inheritance) {
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
                          },
                      .remember =
                          [&self] {
                              if (!self.ports_.remember) return;
                              self.give_to_rules();
                              self.ports_.remember();
                          }});
    if (self.ports_.remember && inheritance.rows)
        self.inherit(*inheritance.rows, inheritance.stale_after);
    else
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
                                  .verdict = [this](const Verdict& verdict) { decided(verdict); },
                                  .standing = [this] { return standing(); }}) {}

Responder::~Responder() = default;

void Responder::take_all(std::span<const Event> events) {
    for (const auto& event : events) {
        if (ports_.decided) taken_ = event;
        decider_.take(event);
    }
    pump();
}

// Most rules are not about an event; of these nothing is said.
void Responder::decided(const Verdict& verdict) {
    if (!ports_.decided || (verdict.what == Verdict::What::no && verdict.event_type.empty())) return;
    ports_.decided(decision_of(verdict, taken_, ports_.clock()));
}

void Responder::inherit(std::span<const Remembered> rows, Millis stale_after) {
    inherited_ = true;
    auto restored = decider_.restore(rows, ports_.clock(), stale_after);
    for (const auto& [rule, about] : restored.suspended) {
        auto event = suspension(*rule, about, State::raised);
        own_.insert_or_assign(event_key(event), std::move(event));
    }
    auto bad = std::move(restored.bad);
    for (auto& error : runner_->restore(rows, std::move(restored.open))) bad.push_back(std::move(error));
    for (const auto& error : bad) log::warning("{}; it is forgotten", error.text());
}

void Responder::restore_late(std::span<const Remembered> rows, Millis stale_after) {
    for (const auto& error : decider_.restore_late(rows, ports_.clock(), stale_after))
        log::warning("{}; it is forgotten", error.text());
    pump();
}

std::vector<Remembered> Responder::changed() {
    auto rows = decider_.changed();
    auto more = runner_->changed();
    rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return rows;
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
    if (inherited_) {
        decider_.begin(ports_.clock());
        runner_->begin();
    }
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
        give_to_rules();
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

void Responder::give_to_rules() {
    while (!inbox_.empty())
        for (auto& event : std::exchange(inbox_, {})) {
            if (ports_.decided) taken_ = event;
            decider_.take(event);
        }
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
    if (const auto it = own_.find(event_key(event)); it != own_.end()) return it->second;
    return ports_.facts.current(event);
}

std::vector<Event> Responder::standing() const {
    auto events = ports_.facts.standing ? ports_.facts.standing() : std::vector<Event>{};
    for (const auto& [key, event] : own_) events.push_back(event);
    return events;
}

Event Responder::own_event(const char* type, State state) const {
    const auto* known = catalogue_.find(type);
    Event event;
    event.type = known->name;
    event.severity = known->severity;
    event.state = state;
    return event;
}

void Responder::suspended(const Rule& rule, const Event& about, State state) {
    auto event = suspension(rule, about, state);
    if (state == State::raised)
        own_.insert_or_assign(event_key(event), event);
    else
        own_.erase(event_key(event));
    if (about.type.starts_with("action.")) set_field(event.data, "chain", {true}); // starts no rule either
    say(std::move(event));
}

Event Responder::suspension(const Rule& rule, const Event& about, State state) const {
    const auto& name = rule.settings.name.text;
    auto event = own_event("action.suspended", state);
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
    return event;
}

void Responder::store_state(const std::string& part, const std::string& why) {
    auto event = own_event("monitor.store_failed", why.empty() ? State::cleared : State::raised);
    event.source = "store";
    event.part = part;
    event.message = why.empty() ? fmt::format("the {} is written again", part)
                                : fmt::format("the {} cannot be written: {}", part, why);
    event.data = {{"reason", {why}}};
    if (why.empty())
        own_.erase(event_key(event));
    else
        own_.insert_or_assign(event_key(event), event);
    say(std::move(event));
    pump();
}

} // namespace dmev
