// SPDX-License-Identifier: Apache-2.0
// What a rule remembers of one device: at most one run is out, and the rest waits behind it. Passive: when
// something may start it computes, and the decider starts it.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "rules/batch.hpp"
#include "rules/rulebook.hpp"

namespace dmev {

struct Lane {
    std::uint64_t serial = 0; // in the order of creation
    std::size_t rule = 0;
    std::string identity;

    struct Window { // for:
        Time since{};
        Item item;
    };
    std::map<Subject, Window> windows;

    Batch waiting; // matched, and could not start yet

    struct Open { // the run that is out
        std::uint64_t firing = 0;
        Batch batch;
        std::vector<std::uint32_t> steps;
        std::uint32_t attempt = 1, reminder = 0;
        std::string because;
        bool last = false;                    // its failure is not retried: device or rule are gone
        std::shared_ptr<const Rulebook> book; // whose rule the firing points to
    };
    std::optional<Open> open;

    struct Retry {
        Batch batch;
        std::vector<std::uint32_t> steps;
        std::uint32_t attempt = 2, reminder = 0;
        Time at{};
    };
    std::optional<Retry> retry;

    std::optional<Time> last_start;
    std::deque<Time> starts;        // within max_runs' window
    std::optional<Event> suspended; // max_runs was reached, by this

    Batch told; // conditions that it ran for; reminders are about those that still hold
    std::uint32_t reminders = 0;
    std::optional<Time> remind_at;

    bool touched = false;      // since it was last written down
    std::uint64_t written = 0; // what a successor would be told: its hash; 0: nothing

    // Not before this, by the cooldown, or by max_runs.
    Time cool(const RuleSettings& settings) const;
    Time room(const RuleSettings& settings) const;
    // When the decider has to look at it next. REQUIRES: what can start at NOW has started.
    std::optional<Time> due(const RuleSettings& settings) const;
    // Counts a start at NOW, and forgets those out of the window.
    void started(const RuleSettings& settings, Time now);
    // Something runs or waits.
    bool busy() const;
    // At NOW it is as good as a new one.
    bool blank(const RuleSettings& settings, Time now) const;
};

// T after D, which may be absurdly long.
Time later(Time t, Millis d);
// The wait before the next reminder after N of them.
Millis reminder_wait(const RemindSettings& settings, std::uint32_t n);

} // namespace dmev
