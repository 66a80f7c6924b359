// SPDX-License-Identifier: Apache-2.0
// What starts, when, and what comes of its end.
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "config/scalars.hpp"
#include "rules/decider_impl.hpp"

namespace dmev {
namespace {

using What = Verdict::What;

// The wait after the ATTEMPT-th failure.
Millis backoff(const BackoffSettings& settings, std::uint32_t attempt) {
    auto wait = std::min(settings.first, settings.longest);
    for (std::uint32_t i = 1; i < attempt && i < 40 && wait < settings.longest; ++i)
        wait = wait > settings.longest / 2 ? settings.longest : wait * 2;
    return wait;
}

// What else the run stands for, latest first, so that a page leaves nothing out.
Value::List others_of(const Batch& batch) {
    constexpr std::size_t most = 20;
    Value::List out;
    for (auto it = batch.items().rbegin(); it != batch.items().rend() && out.size() < most; ++it)
        if (&*it != &batch.foremost()) out.push_back({it->event.type + ": " + it->event.message});
    return out;
}

bool has_hooks(const Rule& rule) {
    return std::any_of(rule.steps.begin(), rule.steps.end(),
                       [](const Step& step) { return !step.hook.empty(); });
}

std::vector<std::uint32_t> all_steps(const Rule& rule) {
    std::vector<std::uint32_t> out(rule.steps.size());
    for (std::uint32_t i = 0; i < out.size(); ++i) out[i] = i;
    return out;
}

} // namespace

// EVENT said that a condition ended, and it holds again.
bool Decider::Impl::came_back(const Event& event) const {
    return std::any_of(book->ends.begin(), book->ends.end(), [&](const auto& ends) {
        if (ends.second != event.type) return false;
        auto condition = event;
        condition.type = ends.first;
        condition.state = State::raised;
        return ports.current(condition).has_value();
    });
}

std::optional<Event> Decider::Impl::as_now(const Event& event) const {
    if (!ports.current) return event;
    if (event.state == State::happened) return came_back(event) ? std::nullopt : std::optional{event};
    auto current = ports.current(event);
    // An end holds as long as the condition did not come back.
    if (event.state == State::cleared) return current ? std::nullopt : std::optional{event};
    if (!current) return std::nullopt;
    // What is known of the condition is newer; how it came is the event's.
    current->id = event.id;
    current->state = event.state;
    current->source = event.source;
    current->initial = event.initial;
    current->repeat = event.repeat;
    current->inferred = event.inferred;
    current->kernel = event.kernel;
    current->uevent = event.uevent;
    return current;
}

Batch Decider::Impl::holding(Lane& lane, Batch batch, const std::string& why) {
    std::erase_if(batch.items(), [&](Item& item) {
        auto now_so = as_now(item.event);
        if (now_so)
            item.event = std::move(*now_so);
        else
            say(lane, item, What::no, why);
        return !now_so;
    });
    return batch;
}

void Decider::Impl::process(Lane& lane) {
    touch(lane);
    if (!begun) return;
    expire_windows(lane);
    start_what_can(lane);
    schedule(lane);
}

void Decider::Impl::expire_windows(Lane& lane) {
    const auto hold = settings(lane).hold;
    for (auto it = lane.windows.begin(); it != lane.windows.end();) {
        auto& [since, item] = it->second;
        if (later(since, hold) > now) {
            ++it;
            continue;
        }
        auto holds = as_now(item.event);
        if (holds && holds->time > since && item.event.state == State::raised &&
            book->ends.contains(item.event.type)) {
            // It ended in between and came back in a way that the rule does not match.
            since = std::min(holds->time, now);
            if (later(since, hold) > now) {
                say(lane, item, What::waits, "for " + format_duration(hold), later(since, hold));
                continue;
            }
        }
        if (holds)
            lane.waiting.add(std::move(item));
        else
            say(lane, item, What::no, "it ended before it had held for " + format_duration(hold));
        it = lane.windows.erase(it);
    }
}

void Decider::Impl::start_what_can(Lane& lane) {
    const auto& rule = book->rules[lane.rule];
    if (lane.suspended && lane.room(rule.settings) <= now) {
        say_suspended(rule, *lane.suspended, State::cleared);
        lane.suspended.reset();
    }
    if (lane.open)
        wait(lane, "until the run that is out ends", {}, "the run before it ended");
    else if (!start_waiting(lane) && !start_retry(lane))
        start_reminder(lane);
}

// Says of what waits why it does, once for each reason.
void Decider::Impl::wait(Lane& lane, const std::string& why, Time until, const char* because) {
    for (auto& item : lane.waiting.items()) {
        if (item.because == because) continue;
        item.because = because;
        say(lane, item, What::waits, why, until == Time{} ? std::nullopt : std::optional{until});
    }
}

bool Decider::Impl::has_room(Lane& lane, const Event& about) {
    const auto& rule = book->rules[lane.rule];
    const auto room = lane.room(rule.settings);
    if (room <= now) return true;
    const auto& most = rule.settings.max_runs;
    wait(lane, "max_runs: " + std::to_string(most.count) + " per " + format_duration(most.per), room,
         "room again within max_runs");
    if (!lane.suspended) {
        lane.suspended = about;
        say_suspended(rule, about, State::raised);
    }
    return false;
}

bool Decider::Impl::start_waiting(Lane& lane) {
    if (lane.waiting.empty()) return false;
    const auto& rule = settings(lane);
    if (const auto cool = lane.cool(rule); cool > now) {
        wait(lane, "cooldown of " + format_duration(rule.cooldown), cool, "cooldown over");
        return false;
    }
    lane.waiting = holding(lane, std::move(lane.waiting), "it ended while it waited");
    if (lane.waiting.empty()) return false;
    if (!has_room(lane, lane.waiting.latest().event)) return true;
    Firing firing;
    firing.because = lane.waiting.foremost().because;
    Batch batch;
    // What failed and still holds is done again with it, as the next attempt.
    if (lane.retry) {
        batch = holding(lane, std::move(lane.retry->batch), "it ended, and is not tried again");
        if (!batch.empty()) firing.attempt = lane.retry->attempt;
    }
    // A hook acts on what one event is about: other types have their own turn.
    auto taken = has_hooks(book->rules[lane.rule])
                     ? lane.waiting.take_type(lane.waiting.foremost().event.type)
                     : std::exchange(lane.waiting, {});
    for (auto& item : taken.items()) batch.add(std::move(item));
    if (std::any_of(batch.items().begin(), batch.items().end(),
                    [&](const Item& item) { return !lane.told.has(subject_of(item.event)); }))
        lane.reminders = 0;
    start(lane, std::move(batch), std::move(firing));
    return true;
}

bool Decider::Impl::start_retry(Lane& lane) {
    if (!lane.retry) return false;
    if (lane.retry->at > now) return true;
    auto& retry = *lane.retry;
    retry.batch = holding(lane, std::move(retry.batch), "it ended, and is not tried again");
    if (retry.batch.empty()) {
        lane.retry.reset();
        return false;
    }
    if (!has_room(lane, retry.batch.latest().event)) return true;
    Firing firing;
    firing.steps = retry.steps;
    firing.attempt = retry.attempt;
    firing.reminder = retry.reminder;
    firing.because = "retry " + std::to_string(retry.attempt) + " of " +
                     std::to_string(settings(lane).retry ? settings(lane).retry->attempts : 1);
    auto batch = std::move(retry.batch);
    start(lane, std::move(batch), std::move(firing));
    return true;
}

bool Decider::Impl::start_reminder(Lane& lane) {
    const auto& rule = settings(lane);
    if (!lane.remind_at || *lane.remind_at > now || lane.cool(rule) > now) return false;
    std::erase_if(lane.told.items(), [&](Item& item) {
        auto now_so = as_now(item.event);
        if (now_so) item.event = std::move(*now_so);
        return !now_so;
    });
    if (lane.told.empty()) {
        lane.reminders = 0;
        lane.remind_at.reset();
        return false;
    }
    if (!has_room(lane, lane.told.latest().event)) return false;
    Firing firing;
    firing.reminder = ++lane.reminders;
    firing.because = "reminder " + std::to_string(firing.reminder);
    auto batch = lane.told;
    if (has_hooks(book->rules[lane.rule])) { // one type after the other
        std::set<std::string> types;
        for (const auto& item : batch.items()) types.insert(item.event.type);
        const auto turn = static_cast<std::ptrdiff_t>((lane.reminders - 1) % types.size());
        batch = batch.take_type(*std::next(types.begin(), turn));
    }
    start(lane, std::move(batch), std::move(firing));
    return true;
}

// REQUIRES: BATCH is not empty, holds, and nothing of the lane is out.
void Decider::Impl::start(Lane& lane, Batch batch, Firing firing) {
    const auto& rule = book->rules[lane.rule];
    firing.id = ++last_firing;
    if (firing.steps.empty()) firing.steps = all_steps(rule);
    for (const auto& item : batch.items())
        say(lane, item, What::fires,
            &item == &batch.foremost() ? firing.because : "together with " + batch.foremost().event.id);
    lane.retry.reset();
    lane.started(rule.settings, now);
    running[firing.id] = &lane;
    if (const auto& remind = rule.settings.remind; remind.how != RemindSettings::How::once) {
        for (const auto& item : batch.items())
            if (item.event.state == State::raised) {
                lane.told.remove(subject_of(item.event), State::raised);
                lane.told.add({item.event, 1, {}});
            }
        lane.remind_at.reset();
        if (!lane.told.empty()) lane.remind_at = later(now, reminder_wait(remind, lane.reminders));
    }
    lane.open = Lane::Open{firing.id,
                           std::move(batch),
                           std::move(firing.steps),
                           firing.attempt,
                           firing.reminder,
                           firing.because,
                           false,
                           book};
    outbox.push_back([this, keep = book, letter = letter(lane)]() mutable { ports.fire(std::move(letter)); });
}

Firing Decider::Impl::letter(const Lane& lane) const {
    const auto& open = *lane.open;
    Firing out;
    out.id = open.firing;
    out.rule = &book->rules[lane.rule];
    out.steps = open.steps;
    out.event = open.batch.foremost().event;
    out.coalesced = open.batch.count() - 1;
    if (auto others = others_of(open.batch); !others.empty())
        set_field(out.event.data, "also", {std::move(others)});
    out.attempt = open.attempt;
    out.reminder = open.reminder;
    out.because = open.because;
    return out;
}

std::optional<Time> Decider::Impl::ended(std::uint64_t firing, const Outcome& outcome) {
    orphans.erase(firing);
    const auto it = running.find(firing);
    if (it == running.end()) return std::nullopt;
    Lane& lane = *it->second;
    running.erase(it);
    const auto run = *std::exchange(lane.open, std::nullopt);
    const auto& rule = settings(lane);
    const bool retried = !run.last && rule.retry && !outcome.failed.empty();
    if (retried && run.attempt < rule.retry->attempts) {
        // What holds is known once every device was read; it is asked again when the retry begins.
        auto batch = begun ? holding(lane, run.batch, "it ended, and is not tried again") : run.batch;
        if (!batch.empty())
            lane.retry = Lane::Retry{std::move(batch), outcome.failed, run.attempt + 1, run.reminder,
                                     later(now, backoff(rule.retry->backoff, run.attempt))};
    } else if (retried) {
        for (const auto& item : run.batch.items())
            say(lane, item, What::no, "given up after " + std::to_string(run.attempt) + " attempts");
    }
    const bool again = lane.retry.has_value();
    if (again)
        for (const auto& item : lane.retry->batch.items())
            say(lane, item, What::waits,
                "to be tried again, " + std::to_string(lane.retry->attempt) + " of " +
                    std::to_string(rule.retry->attempts),
                lane.retry->at);
    process(lane);
    if (lane.retry) return std::max(lane.retry->at, lane.room(rule));
    // Something newer took it along at once.
    return again && lane.open ? std::optional{now} : std::nullopt;
}

void Decider::Impl::say(const Rule& rule, const std::string& event, What what, std::string why,
                        std::optional<Time> until) {
    if (!ports.verdict) return;
    outbox.push_back(
        [this, keep = book, verdict = Verdict{what, &rule, event, std::move(why), until, {}, {}}] {
            ports.verdict(verdict);
        });
}

void Decider::Impl::say_suspended(const Rule& rule, const Event& about, State state) {
    outbox.push_back([this, keep = book, &rule, about, state] { ports.suspended(rule, about, state); });
}

void Decider::Impl::say(const Lane& lane, const Item& item, What what, std::string why,
                        std::optional<Time> until) {
    if (!ports.verdict) return;
    const auto& event = item.event;
    Verdict verdict{what,
                    &book->rules[lane.rule],
                    event.id,
                    std::move(why),
                    until,
                    event.type,
                    event.device ? event.device->name : ""};
    outbox.push_back([this, keep = book, verdict = std::move(verdict)] { ports.verdict(verdict); });
}

void Decider::Impl::flush() {
    // A port may call back: what that adds is said in its turn.
    while (!outbox.empty()) {
        auto letters = std::exchange(outbox, {});
        for (const auto& letter : letters) letter();
    }
}

} // namespace dmev
