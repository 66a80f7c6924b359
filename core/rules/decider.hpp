// SPDX-License-Identifier: Apache-2.0
// Decides when the steps of which rule run: for:, cooldown, reminders, max_runs, retries, and one run at a
// time for a rule and device, into which whatever matches meanwhile is folded. Pure: time is that of the
// events and of advance(); what is true now it asks of its ports. Runs nothing.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/event.hpp"
#include "model/remembered.hpp"
#include "rules/rulebook.hpp"

namespace dmev {

// Steps of a rule are to be run now. ended() must follow, once.
struct Firing {
    std::uint64_t id = 0;
    const Rule* rule = nullptr;       // the rulebook's; stays valid until ended()
    std::vector<std::uint32_t> steps; // all; for a retry those that failed
    Event event;                      // as of now where its condition still holds, else as it came
    std::uint32_t coalesced = 0;      // further events that this run stands for
    std::uint32_t attempt = 1;
    std::uint32_t reminder = 0; // the n-th while the condition lasts
    std::string because;        // "raised", "held for 10s", "cooldown over", "retry 2 of 5", ...
};

// What became of one event and one rule, for --dry-run and --explain; and what happened to a run later.
struct Verdict {
    enum class What { fires, waits, no };
    What what = What::no;
    const Rule* rule = nullptr;
    std::string event_id;
    std::string why;           // "raised", "for 10s", "state is cleared, and match: does not ask for ends"
    std::optional<Time> until; // of waits
    // Of the event, and its device's name. Without a type it is said at once of what is being taken in, or of
    // an earlier one of the same type and device.
    std::string event_type, device;
};

class Decider {
 public:
    struct Ports {
        std::function<void(Firing&&)> fire;
        // action.suspended: raised when max_runs is reached, cleared when there is room again.
        std::function<void(const Rule&, const Event& about, State)> suspended;
        // The event of a condition as it is now: none when it does not hold any more.
        std::function<std::optional<Event>(const Event&)> current;
        std::function<void(const Verdict&)> verdict; // may be empty
        // It is to be told also of each rule that an event does not start. Without it rules that are not
        // about an event's type cost nothing.
        bool every_rule = false;
        // What holds now: a rule that is new, or another than it was, is offered it. May be empty.
        std::function<std::vector<Event>()> standing;
    };
    Decider(std::shared_ptr<const Rulebook> rules, Ports ports);
    ~Decider();
    Decider(const Decider&) = delete;
    Decider& operator=(const Decider&) = delete;

    // Advances to the event's time, then takes it in. An event of the action family never starts the rule
    // that it is about, nor any rule when that one was itself started by one.
    void take(const Event& event);
    void advance(Time now);
    std::optional<Time> due() const;

    // The run is over. FAILED: steps to be retried, if the rule says so and the condition still holds; others
    // (refused for good) are not. A firing unknown by now (its rule is gone) is passed over.
    struct Outcome {
        std::vector<std::uint32_t> failed;
        bool ok = true; // nothing failed or was refused
    };
    // Gives when the failed steps are tried again, if they are.
    std::optional<Time> ended(std::uint64_t firing, const Outcome& outcome, Time now);

    // Takes other rules. Of a rule whose settings are the same by its name, everything goes on; what waits
    // for another is dropped; running ones end in peace. New and changed rules are offered what holds.
    void reload(std::shared_ptr<const Rulebook> rules, Time now);

    // Nothing runs and nothing waits.
    bool idle() const;

    // What a successor must know that is not as changed() gave it last: rows of kind "lane", one for a rule
    // and device, and of kind "rule", for each that was offered what held. An empty value: nothing is to be
    // known any more.
    std::vector<Remembered> changed();

    // Goes on from the rows of an earlier instance. To be called first of all; nothing is said to the ports,
    // and nothing starts, before begin(), when every device has been read: what take() brings until then is
    // noted. Of a rule whose settings are others by now only the run that is out is waited for; then it is
    // offered what holds, as a new one is.
    struct Restored {
        std::vector<Error> bad; // rows that cannot be read: they are forgotten
        // Runs that were out, by number, and are until ended(). Without steps: of these nothing is to be
        // begun any more (the rule is another, what happened is stale), only what runs is to end.
        std::vector<Firing> open;
        std::vector<std::pair<const Rule*, Event>> suspended; // which said action.suspended
    };
    // STALE_AFTER: what happened, or ended, longer ago is not done any more.
    Restored restore(std::span<const Remembered> rows, Time now, Millis stale_after);
    void begin(Time now);
    // Rows of an earlier boot, which may come at any time later: limits go on, and where nothing is known of
    // rule and device so does what was to be tried again, and what had happened and was not seen to the end.
    std::vector<Error> restore_late(std::span<const Remembered> rows, Time now, Millis stale_after);

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dmev
