// SPDX-License-Identifier: Apache-2.0
// What comes in: events, time, other rules. What starts because of it is runs.cpp's.
#include "rules/decider.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "config/scalars.hpp"
#include "rules/decider_impl.hpp"
#include "rules/matcher.hpp"
#include "rules/same.hpp"

namespace dmev {
namespace {

using What = Verdict::What;

// Why RULE must not run for EVENT though it matches: loops of actions about actions end here.
std::string own_doing(const Rule& rule, const Event& event) {
    if (!event.type.starts_with("action.")) return {};
    const auto* about = find_field(event.data, "rule");
    if (about && about->text() == rule.settings.name.text) return "a rule never runs for its own results";
    const auto* chain = find_field(event.data, "chain");
    if (chain && std::get_if<bool>(&chain->v) && std::get<bool>(chain->v))
        return "it is about a run that was itself started by an action's result";
    return {};
}

} // namespace

std::string against(const Rule& rule, const Event& event) {
    auto why_not = match(rule, event).why_not;
    return why_not.empty() ? own_doing(rule, event) : why_not;
}

void Decider::Impl::advance(Time to) {
    now = std::max(now, to);
    while (!agenda.empty() && agenda.begin()->first <= now) {
        Lane& lane = *by_serial.at(agenda.begin()->second);
        unschedule(lane);
        process(lane);
    }
}

void Decider::Impl::take(const Event& event) {
    note_change(event);
    const auto consider = [&](std::size_t i) {
        const auto& rule = book->rules[i];
        auto why_not = against(rule, event);
        if (why_not.empty())
            process(offer(i, event, now, state_name(event.state)));
        else if (ports.every_rule)
            say(rule, event.id, What::no, std::move(why_not));
    };
    if (ports.every_rule)
        for (std::size_t i = 0; i < book->rules.size(); ++i) consider(i);
    else
        for (const auto i : about(event.type))
            if (!is_out(book->rules[i], event)) consider(i);
    if (lanes.size() > sweep_at) sweep();
}

const std::vector<std::size_t>& Decider::Impl::about(const std::string& type) {
    const auto [it, fresh] = rules_by_type.try_emplace(type);
    for (std::size_t i = 0; fresh && i < book->rules.size(); ++i)
        if (book->rules[i].settings.enabled && book->rules[i].on.wants_type(type)) it->second.push_back(i);
    return it->second;
}

std::vector<std::size_t> Decider::Impl::rules_at(const std::string& identity) const {
    const auto it = rules_by_identity.find(identity);
    if (it == rules_by_identity.end()) return {};
    return {it->second.begin(), it->second.end()};
}

Lane& Decider::Impl::offer(std::size_t index, const Event& event, Time since, const std::string& because) {
    Lane& lane = lane_of(index, identity_of(event));
    const auto& rule = settings(lane);
    if (rule.hold == Millis{0} || event.state == State::happened) {
        const auto replaced = lane.waiting.add({event, 1, because});
        if (!replaced.empty())
            say(book->rules[index], replaced, What::no, "a later one stands for it: " + event.id);
        return lane;
    }
    const auto subject = subject_of(event);
    const auto [it, fresh] = lane.windows.try_emplace(subject, Lane::Window{since, {event, 1, {}}});
    auto& window = it->second;
    if (!fresh) {
        say(lane, window.item, What::no, "a later one stands for it: " + event.id);
        // What ends as another type is raised again only after it ended; the others' end was taken in.
        if (book->ends.contains(event.type) && !event.repeat) window = {now, {event, 0, {}}};
        window.item.event = event;
        ++window.item.count;
    }
    window.item.because = "held for " + format_duration(rule.hold);
    say(lane, window.item, What::waits, "for " + format_duration(rule.hold), later(window.since, rule.hold));
    return lane;
}

// What ended, or came back, is no reason any more for what waits.
void Decider::Impl::note_change(const Event& event) {
    const auto identity = identity_of(event);
    if (event.type == "device.removed" && event.device) device_left(identity);
    std::vector<std::pair<Subject, State>> over_now;
    const auto subject = subject_of(event);
    if (event.state == State::cleared) over_now.emplace_back(subject, State::raised);
    if (event.state == State::raised) over_now.emplace_back(subject, State::cleared);
    if (event.state == State::happened)
        for (const auto& [type, end] : book->ends)
            if (end == event.type)
                over_now.emplace_back(Subject{type, subject.target, subject.part}, State::raised);
    if (over_now.empty()) return;
    for (const auto i : rules_at(identity)) {
        const auto it = lanes.find({i, identity});
        if (it == lanes.end()) continue;
        for (const auto& [what, state] : over_now) over(it->second, what, state);
        process(it->second);
    }
}

void Decider::Impl::over(Lane& lane, const Subject& subject, State state) {
    if (const auto it = lane.windows.find(subject);
        it != lane.windows.end() && it->second.item.event.state == state) {
        say(lane, it->second.item, What::no,
            "it ended before it had held for " + format_duration(settings(lane).hold));
        lane.windows.erase(it);
    }
    for (const auto& item : lane.waiting.remove(subject, state))
        say(lane, item, What::no, "it ended while it waited");
    if (lane.retry) {
        for (const auto& item : lane.retry->batch.remove(subject, state))
            say(lane, item, What::no, "it ended, and is not tried again");
        if (lane.retry->batch.empty()) lane.retry.reset();
    }
    lane.told.remove(subject, state);
    if (lane.told.empty()) {
        lane.reminders = 0;
        lane.remind_at.reset();
    }
}

// What happened to it is still to be told of, and its limits are those of whoever comes with its uuid.
void Decider::Impl::device_left(const std::string& identity) {
    for (const auto i : rules_at(identity)) {
        const auto it = lanes.find({i, identity});
        if (it == lanes.end()) continue;
        Lane& lane = it->second;
        Batch happened;
        auto waiting = std::exchange(lane.waiting, {});
        for (auto& item : waiting.items())
            (item.event.state == State::happened ? happened : lane.waiting).add(std::move(item));
        const auto last_start = lane.last_start;
        auto starts = std::move(lane.starts);
        auto suspended = happened.empty() ? std::nullopt : std::exchange(lane.suspended, std::nullopt);
        drop(lane, "the device is gone");
        lane.waiting = std::move(happened);
        lane.last_start = last_start;
        lane.starts = std::move(starts);
        lane.suspended = std::move(suspended);
        if (lane.open) lane.open->last = true;
        if (lane.blank(settings(lane), now))
            erase(it);
        else
            process(lane);
    }
}

// Forgets all but the run that is out.
void Decider::Impl::drop(Lane& lane, const std::string& why) {
    for (const auto& [subject, window] : lane.windows) say(lane, window.item, What::no, why);
    for (const auto& item : lane.waiting.items()) say(lane, item, What::no, why);
    if (lane.retry)
        for (const auto& item : lane.retry->batch.items()) say(lane, item, What::no, why);
    if (lane.suspended) say_suspended(book->rules[lane.rule], *lane.suspended, State::cleared);
    Lane bare;
    bare.serial = lane.serial;
    bare.rule = lane.rule;
    bare.identity = lane.identity;
    bare.open = std::move(lane.open);
    bare.touched = lane.touched;
    bare.written = lane.written;
    lane = std::move(bare);
}

Lane& Decider::Impl::lane_of(std::size_t rule, std::string identity) {
    const auto [it, fresh] = lanes.try_emplace({rule, identity});
    Lane& lane = it->second;
    if (fresh) {
        rules_by_identity[identity].insert(rule);
        lane.serial = ++last_serial;
        lane.rule = rule;
        lane.identity = std::move(identity);
        by_serial[lane.serial] = &lane;
    }
    return lane;
}

// What is known of it, but for its place in the map.
void Decider::Impl::forget(const Lane& lane) {
    unschedule(lane);
    by_serial.erase(lane.serial);
    if (lane.written) forgotten.push_back(key_of(lane));
    const auto here = rules_by_identity.find(lane.identity);
    here->second.erase(lane.rule);
    if (here->second.empty()) rules_by_identity.erase(here);
}

Decider::Impl::Lanes::iterator Decider::Impl::erase(Lanes::iterator lane) {
    forget(lane->second);
    return lanes.erase(lane);
}

void Decider::Impl::sweep() {
    for (auto it = lanes.begin(); it != lanes.end();)
        it = it->second.blank(settings(it->second), now) ? erase(it) : std::next(it);
    sweep_at = 2 * lanes.size() + 64;
}

void Decider::Impl::use(std::shared_ptr<const Rulebook> rules) {
    book = std::move(rules);
    rules_by_type.clear();
    fingerprints.clear();
    for (const auto& rule : book->rules) fingerprints.push_back(fingerprint(rule));
}

void Decider::Impl::reload(std::shared_ptr<const Rulebook> next) {
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < next->rules.size(); ++i) index[next->rules[i].settings.name.text] = i;
    decltype(lanes) kept;
    while (!lanes.empty()) {
        auto node = lanes.extract(lanes.begin());
        Lane& lane = node.mapped();
        const auto& rule = book->rules[lane.rule];
        const auto found = index.find(rule.settings.name.text);
        const bool same = found != index.end() && same_rule(rule, next->rules[found->second]);
        if (!same) drop(lane, "a reload changed its rule, or took it away");
        if (lane.open && found == index.end()) {
            orphans[lane.open->firing] = lane.open->book;
            running.erase(lane.open->firing);
        }
        if (found == index.end() || !(same || lane.open)) {
            forget(lane);
            continue;
        }
        if (!same) lane.open->last = true;
        lane.rule = found->second;
        node.key() = {lane.rule, lane.identity};
        kept.insert(std::move(node));
    }
    lanes = std::move(kept);
    rules_by_identity.clear();
    for (const auto& [key, lane] : lanes) rules_by_identity[key.second].insert(key.first);
    use(std::move(next));
    for (auto& [key, lane] : lanes) process(lane);
    if (begun) offer_standing();
}

void Decider::Impl::unschedule(const Lane& lane) {
    const auto it = agenda_of.find(lane.serial);
    if (it == agenda_of.end()) return;
    agenda.erase({it->second, lane.serial});
    agenda_of.erase(it);
}

void Decider::Impl::schedule(Lane& lane) {
    unschedule(lane);
    const auto due = lane.due(settings(lane));
    if (!due) return;
    agenda_of[lane.serial] = *due;
    agenda.emplace(*due, lane.serial);
}

Decider::Decider(std::shared_ptr<const Rulebook> rules, Ports ports)
    : impl_(std::make_unique<Impl>(std::move(rules), std::move(ports))) {}
Decider::~Decider() = default;

void Decider::take(const Event& event) {
    const Impl::Call call{*impl_};
    impl_->advance(event.time);
    impl_->take(event);
}

void Decider::advance(Time now) {
    const Impl::Call call{*impl_};
    impl_->advance(now);
}

std::optional<Time> Decider::due() const {
    if (impl_->agenda.empty()) return std::nullopt;
    return impl_->agenda.begin()->first;
}

std::optional<Time> Decider::ended(std::uint64_t firing, const Outcome& outcome, Time now) {
    const Impl::Call call{*impl_};
    impl_->advance(now);
    return impl_->ended(firing, outcome);
}

void Decider::reload(std::shared_ptr<const Rulebook> rules, Time now) {
    const Impl::Call call{*impl_};
    impl_->advance(now);
    impl_->reload(std::move(rules));
}

bool Decider::idle() const {
    return impl_->orphans.empty() && impl_->outbox.empty() &&
           std::none_of(impl_->lanes.begin(), impl_->lanes.end(),
                        [](const auto& lane) { return lane.second.busy(); });
}

} // namespace dmev
