// SPDX-License-Identifier: Apache-2.0
// What outlives us: each lane as a row, and lanes made of the rows of an earlier instance or boot.
#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "config/scalars.hpp"
#include "rules/decider_impl.hpp"
#include "rules/lane_memory.hpp"

namespace dmev {
namespace {

using What = Verdict::What;

constexpr const char* kind = "lane";
constexpr Millis year = std::chrono::hours{24 * 365};

// Which of what a rule does, without what it has not.
std::vector<std::uint32_t> steps_of(const Rule& rule, const std::vector<std::uint32_t>& steps) {
    std::vector<std::uint32_t> out;
    for (std::uint32_t i = 0; i < rule.steps.size(); ++i)
        if (steps.empty() || std::find(steps.begin(), steps.end(), i) != steps.end()) out.push_back(i);
    return out;
}

bool happened(const Item& item) { return item.event.state == State::happened; }

void move_all(Batch&& from, Batch& to, const char* because) {
    for (auto& item : from.items()) {
        item.because = because;
        to.add(std::move(item));
    }
}

} // namespace

std::string Decider::Impl::key_of(const Lane& lane) const {
    return book->rules[lane.rule].settings.name.text + "\n" + lane.identity;
}

void Decider::Impl::touch(Lane& lane) {
    if (!std::exchange(lane.touched, true)) touched.push_back(lane.serial);
}

std::vector<Remembered> Decider::Impl::changed() {
    std::vector<Remembered> out;
    for (auto& key : std::exchange(forgotten, {})) out.push_back({kind, std::move(key), ""});
    for (const auto serial : std::exchange(touched, {})) {
        const auto it = by_serial.find(serial);
        if (it == by_serial.end()) continue;
        auto& lane = *it->second;
        lane.touched = false;
        auto value = lane.blank(settings(lane), now) ? "" : write_lane(lane, fingerprints[lane.rule]);
        const auto hash = value.empty() ? 0 : std::hash<std::string>{}(value) | 1;
        if (std::exchange(lane.written, hash) == hash) continue;
        out.push_back({kind, key_of(lane), std::move(value)});
    }
    changed_rules(out);
    return out;
}

bool Decider::Impl::is_stale(const Event& event, Millis stale_after) const {
    return event.state != State::raised && event.time < now - std::min(stale_after, 100 * year);
}

void Decider::Impl::drop_stale(Lane& lane, Millis stale_after) {
    const auto stale = [&](const Item& item) {
        if (!is_stale(item.event, stale_after)) return false;
        say(lane, item, What::no, "it is older than limits: stale_after: " + format_duration(stale_after));
        return true;
    };
    std::erase_if(lane.windows, [&](const auto& window) { return stale(window.second.item); });
    std::erase_if(lane.waiting.items(), stale);
    if (!lane.retry) return;
    std::erase_if(lane.retry->batch.items(), stale);
    if (lane.retry->batch.empty()) lane.retry.reset();
}

// Nothing of it is beyond what its rule allows, or later than a clock that went back allows.
void Decider::Impl::fit(Lane& lane) const {
    const auto& rule = book->rules[lane.rule];
    const auto& s = rule.settings;
    const auto attempts = s.retry ? s.retry->attempts : 1;
    for (auto& [subject, window] : lane.windows) window.since = std::min(window.since, now);
    if (auto& open = lane.open) {
        open->attempt = std::min(open->attempt, attempts);
        open->steps = steps_of(rule, open->steps);
        open->book = book;
    }
    if (lane.retry && attempts < 2) lane.retry.reset();
    if (auto& retry = lane.retry) {
        retry->attempt = std::min(retry->attempt, attempts);
        retry->steps = steps_of(rule, retry->steps);
        retry->at = std::min(retry->at, later(now, s.retry->backoff.longest));
    }
    if (lane.last_start) lane.last_start = std::min(*lane.last_start, now);
    for (auto& start : lane.starts) start = std::min(start, now);
    while (lane.starts.size() > s.max_runs.count) lane.starts.pop_front();
    if (s.remind.how == RemindSettings::How::once) lane.told = {};
    if (lane.told.empty()) lane.remind_at.reset();
    if (lane.remind_at)
        lane.remind_at = std::min(*lane.remind_at, later(now, reminder_wait(s.remind, lane.reminders)));
}

std::optional<Lane> Decider::Impl::read(const Remembered& row, Millis stale_after, bool late,
                                        std::vector<Error>& bad) {
    const auto& rules = book->rules;
    for (auto at = row.key.find('\n'); at != row.key.npos; at = row.key.find('\n', at + 1)) {
        const auto name = std::string_view{row.key}.substr(0, at);
        const auto rule = std::find_if(rules.begin(), rules.end(),
                                       [&](const Rule& r) { return r.settings.name.text == name; });
        if (rule == rules.end()) continue;
        auto remembered = read_lane(row.value);
        if (!remembered) {
            auto error = std::move(remembered).error();
            error.object = "what rule '" + escape(name) + "' knew of " + escape(row.key.substr(at + 1));
            bad.push_back(std::move(error));
            return std::nullopt;
        }
        auto& lane = remembered->lane;
        lane.rule = static_cast<std::size_t>(rule - rules.begin());
        lane.identity = row.key.substr(at + 1);
        if (late) lane.suspended.reset(); // that was of another boot
        const bool same = remembered->settings == fingerprints[lane.rule];
        if (!same) drop(lane, "its rule was changed over the restart");
        if (!same && lane.open) lane.open->steps.clear();
        const bool nothing_more = !same || (lane.open && lane.open->steps.empty());
        fit(lane);
        if (lane.open && nothing_more) {
            lane.open->last = true;
            lane.open->steps.clear();
        }
        drop_stale(lane, stale_after);
        return std::move(lane);
    }
    return std::nullopt;
}

// Its run is out still, unless it was for show only: then nothing was begun.
void Decider::Impl::take_open(Lane& lane, Restored& into, Millis stale_after) {
    auto& open = *lane.open;
    const bool twice = !running.try_emplace(open.firing, &lane).second;
    if (twice || (settings(lane).dry_run && !open.last)) {
        if (!twice) running.erase(open.firing);
        auto batch = std::move(open.batch);
        lane.open.reset();
        if (twice) return;
        auto waiting = std::exchange(lane.waiting, {});
        for (auto& item : waiting.items()) batch.add(std::move(item));
        move_all(std::move(batch), lane.waiting, "said again after a restart");
        drop_stale(lane, stale_after);
        return;
    }
    last_firing = std::max(last_firing, open.firing);
    const auto& items = open.batch.items();
    if (std::all_of(items.begin(), items.end(),
                    [&](const Item& item) { return is_stale(item.event, stale_after); })) {
        open.last = true;
        open.steps.clear();
        for (const auto& item : items)
            say(lane, item, What::no,
                "what is left to do of it is older than limits: stale_after: " +
                    format_duration(stale_after));
    }
    into.open.push_back(letter(lane));
}

Decider::Restored Decider::restore(std::span<const Remembered> rows, Time now, Millis stale_after) {
    auto& self = *impl_;
    const Impl::Call call{self};
    self.begun = false;
    self.now = std::max(self.now, now);
    self.met.clear();
    self.met_changed.clear();
    Restored out;
    for (const auto& row : rows) {
        self.take_rule(row);
        if (row.kind != kind) continue;
        auto read = self.read(row, stale_after, false, out.bad);
        if (!read) {
            self.forgotten.push_back(row.key);
            continue;
        }
        auto& lane = self.lane_of(read->rule, read->identity);
        const auto serial = lane.serial;
        lane = *std::move(read);
        lane.serial = serial;
        lane.written = std::hash<std::string>{}(row.value) | 1;
        if (lane.open) self.take_open(lane, out, stale_after);
        if (lane.suspended) out.suspended.emplace_back(&self.book->rules[lane.rule], *lane.suspended);
        self.touch(lane);
    }
    return out;
}

void Decider::begin(Time now) {
    auto& self = *impl_;
    const Impl::Call call{self};
    self.now = std::max(self.now, now);
    self.begun = true;
    self.offer_standing(); // first: what waits in a lane was told already
    for (auto& [key, lane] : self.lanes) self.process(lane);
}

// Of a lane that lives already only the limits are wanted: its conditions were told anew in this boot.
void Decider::Impl::merge(Lane&& from, Millis stale_after) {
    auto& lane = lane_of(from.rule, from.identity);
    const bool unknown = lane.blank(settings(lane), now);
    lane.last_start = std::max(lane.last_start, from.last_start);
    std::deque<Time> starts;
    std::merge(lane.starts.begin(), lane.starts.end(), from.starts.begin(), from.starts.end(),
               std::back_inserter(starts));
    lane.starts = std::move(starts);
    fit(lane);
    if (unknown) {
        lane.retry = std::move(from.retry);
        Batch left;
        if (from.open && !from.open->last) left = std::move(from.open->batch);
        for (auto& item : from.waiting.items()) left.add(std::move(item));
        std::erase_if(left.items(), [](const Item& item) { return !happened(item); });
        move_all(std::move(left), lane.waiting, "left over from the boot before");
        drop_stale(lane, stale_after);
    }
    process(lane);
}

std::vector<Error> Decider::restore_late(std::span<const Remembered> rows, Time now, Millis stale_after) {
    auto& self = *impl_;
    const Impl::Call call{self};
    self.advance(now);
    std::vector<Error> bad;
    for (const auto& row : rows) {
        if (row.kind != kind) continue;
        if (auto lane = self.read(row, stale_after, true, bad)) self.merge(*std::move(lane), stale_after);
    }
    return bad;
}

std::vector<Remembered> Decider::changed() { return impl_->changed(); }

} // namespace dmev
