// SPDX-License-Identifier: Apache-2.0
// The decider's insides: lanes by rule and device, an agenda of when to look at which, and an outbox. What is
// said to the ports is said when the outermost call ends, so that a port may call the decider again.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "rules/decider.hpp"
#include "rules/lane.hpp"

namespace dmev {

// Why RULE is not to run for EVENT; empty when it is.
std::string against(const Rule& rule, const Event& event);

struct Decider::Impl {
    Impl(std::shared_ptr<const Rulebook> rules, Ports to) : ports(std::move(to)) {
        use(std::move(rules));
        acquaint(); // all that there is will be told
    }

    // Every public call holds one.
    struct Call {
        explicit Call(Impl& impl) : impl_(impl) { ++impl_.depth; }
        ~Call() {
            if (impl_.depth == 1 && impl_.begun) impl_.flush();
            --impl_.depth;
        }
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;

     private:
        Impl& impl_;
    };

    // decider.cpp: what comes in
    void advance(Time now);
    void take(const Event& event);
    // To be processed next.
    Lane& offer(std::size_t rule, const Event& event, Time since, const std::string& because);
    void note_change(const Event& event);
    void over(Lane& lane, const Subject& subject, State state);
    void device_left(const std::string& identity);
    Lane& lane_of(std::size_t rule, std::string identity);
    std::vector<std::size_t> rules_at(const std::string& identity) const; // that have a lane there
    const std::vector<std::size_t>& about(const std::string& type);       // rules, by on: and enabled:
    using Lanes = std::map<std::pair<std::size_t, std::string>, Lane>;
    Lanes::iterator erase(Lanes::iterator lane);
    void forget(const Lane& lane);
    void sweep();
    void use(std::shared_ptr<const Rulebook> rules);
    void reload(std::shared_ptr<const Rulebook> rules);
    void drop(Lane& lane, const std::string& why);

    // standing.cpp: what held before a rule was there
    std::vector<std::size_t> acquaint(); // gives which rules are new, or others than they were
    void offer_standing();
    void take_rule(const Remembered& row);
    void changed_rules(std::vector<Remembered>& out);

    // restore.cpp: what outlives us
    std::string key_of(const Lane& lane) const;
    void touch(Lane& lane);
    std::vector<Remembered> changed();
    // The lane of a row, with all that still counts of it; none where its rule is gone.
    std::optional<Lane> read(const Remembered& row, Millis stale_after, bool late, std::vector<Error>& bad);
    void fit(Lane& lane) const;
    void take_open(Lane& lane, Restored& into, Millis stale_after);
    void drop_stale(Lane& lane, Millis stale_after);
    bool is_stale(const Event& event, Millis stale_after) const;
    void merge(Lane&& from, Millis stale_after);

    // runs.cpp: what starts
    void process(Lane& lane); // starts what can start, and puts the lane on the agenda
    void expire_windows(Lane& lane);
    void start_what_can(Lane& lane);
    bool start_waiting(Lane& lane);
    bool start_retry(Lane& lane);
    bool start_reminder(Lane& lane);
    void start(Lane& lane, Batch batch, Firing firing);
    Firing letter(const Lane& lane) const; // about the run that is out
    bool has_room(Lane& lane, const Event& about);
    void wait(Lane& lane, const std::string& why, Time until, const char* because);
    std::optional<Time> ended(std::uint64_t firing, const Outcome& outcome);

    // The event as of now, or none when what it says does not hold any more. Happenings always count, but for
    // the end of what holds again.
    std::optional<Event> as_now(const Event& event) const;
    bool came_back(const Event& event) const;
    // What of BATCH still holds, as of now; of the rest it is said that they do not, WHY.
    Batch holding(Lane& lane, Batch batch, const std::string& why);

    const RuleSettings& settings(const Lane& lane) const { return book->rules[lane.rule].settings; }
    void schedule(Lane& lane);
    void unschedule(const Lane& lane);
    void say(const Rule& rule, const std::string& event, Verdict::What what, std::string why,
             std::optional<Time> until = {});
    void say(const Lane& lane, const Item& item, Verdict::What what, std::string why,
             std::optional<Time> until = {});
    void say_suspended(const Rule& rule, const Event& about, State state);
    void flush();

    std::shared_ptr<const Rulebook> book;
    std::vector<std::string> fingerprints; // of its rules
    Ports ports;
    Time now = Time::min();
    Lanes lanes;
    std::map<std::string, std::set<std::size_t>> rules_by_identity; // of the lanes
    std::map<std::string, std::vector<std::size_t>> rules_by_type;  // of the book; made as types come
    std::map<std::uint64_t, Lane*> by_serial;
    std::set<std::pair<Time, std::uint64_t>> agenda;
    std::map<std::uint64_t, Time> agenda_of;
    std::map<std::uint64_t, Lane*> running;                           // by firing
    std::map<std::uint64_t, std::shared_ptr<const Rulebook>> orphans; // firings whose rule is gone
    std::uint64_t last_serial = 0, last_firing = 0;
    std::size_t sweep_at = 64;
    std::vector<std::function<void()>> outbox; // each keeps the rulebook that it speaks of
    int depth = 0;
    std::map<std::string, std::string> met; // by name, the fingerprints of rules that know what held before
    std::set<std::string> met_changed;      // names in MET, or that were
    bool begun = true;                      // else nothing starts
    std::vector<std::uint64_t> touched;     // lanes
    std::vector<std::string> forgotten;     // keys of rows
};

} // namespace dmev
