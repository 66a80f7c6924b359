// SPDX-License-Identifier: Apache-2.0
#include "rules/lane.hpp"

#include <algorithm>

namespace dmev {

Time later(Time t, Millis d) {
    constexpr Millis longest = std::chrono::hours{24} * 36'525; // a hundred years, far from overflow
    return t + std::min(d, longest);
}

Millis reminder_wait(const RemindSettings& settings, std::uint32_t n) {
    constexpr std::uint32_t most = 5; // doublings: 32 times
    if (settings.how != RemindSettings::How::diminishing) return settings.interval;
    return std::min(settings.interval, Millis{std::chrono::hours{24 * 365}}) * (1 << std::min(n, most));
}

Time Lane::cool(const RuleSettings& settings) const {
    return last_start ? later(*last_start, settings.cooldown) : Time::min();
}

Time Lane::room(const RuleSettings& settings) const {
    const auto count = settings.max_runs.count;
    if (count == 0 || starts.size() < count) return Time::min();
    return later(starts[starts.size() - count], settings.max_runs.per);
}

std::optional<Time> Lane::due(const RuleSettings& settings) const {
    std::optional<Time> out;
    const auto earlier = [&out](Time t) { out = out ? std::min(*out, t) : t; };
    for (const auto& [subject, window] : windows) earlier(later(window.since, settings.hold));
    if (suspended) earlier(room(settings));
    if (open) return out;
    // Where max_runs stands in the way it is to be said when it does, and then once.
    const auto by_room = [&](Time t) { return suspended ? std::max(t, room(settings)) : t; };
    if (retry) earlier(by_room(retry->at));
    if (!waiting.empty()) earlier(by_room(cool(settings)));
    if (remind_at && !retry) earlier(by_room(std::max(*remind_at, cool(settings))));
    return out;
}

void Lane::started(const RuleSettings& settings, Time now) {
    last_start = now;
    while (!starts.empty() && later(starts.front(), settings.max_runs.per) <= now) starts.pop_front();
    if (settings.max_runs.count > 0) starts.push_back(now);
}

bool Lane::busy() const { return open || retry || !windows.empty() || !waiting.empty(); }

bool Lane::blank(const RuleSettings& settings, Time now) const {
    if (busy() || suspended) return false;
    return told.empty() && cool(settings) <= now &&
           (starts.empty() || later(starts.back(), settings.max_runs.per) <= now);
}

} // namespace dmev
