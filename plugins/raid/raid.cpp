// SPDX-License-Identifier: Apache-2.0
// Arrays of dm-raid: which legs are lost, whether the data survives that, and what is being rebuilt.
// The letters and the ratio each mean something else while another action runs; that is what this file knows.
#include <dmevent/plugin.hpp>
#include <string>

#include "events.hpp"
#include "redundancy.hpp"
#include "repair.hpp"
#include "status.hpp"

namespace {

using namespace dmevent;
using raid::Action;
using raid::Copies;
using raid::Legs;
using raid::Status;

// The kernel announces ends and failures, never a start: a scrub, which takes long, is seen within a minute.
constexpr std::uint32_t kRunningMs = 10'000, kIdleMs = 60'000;

// What the letters tell while ACTION runs. `D` and `-` are always true.
struct Letters {
    // `a` is a leg that lacks data. Else (resync, reshape, about to start one) every leg prints it.
    bool a_is_stale = false;
    // `A` is a leg in sync. Else (check, repair, frozen) stale ones print it too.
    bool a_is_hidden = false;

    explicit Letters(const Status& s) {
        const bool idle_with_sync = s.running() == Action::idle && s.has('A');
        a_is_stale = s.running() == Action::recover || idle_with_sync;
        a_is_hidden = s.running() == Action::check || s.running() == Action::repair ||
                      s.running() == Action::frozen || s.running() == Action::unknown;
    }
};

Legs legs_that_are(const Status& s, std::string_view letters) {
    Legs legs;
    for (std::size_t i = 0; i < s.health.size(); ++i) legs[i] = letters.find(s.health[i]) != letters.npos;
    return legs;
}

// A leg is dead or absent that was not so before.
bool lost_one(const Status& before, const Status& now) {
    return (legs_that_are(now, "D-") & ~legs_that_are(before, "D-")).any();
}

struct Raid : raid::Tables {
    static bool look(const Target* before, const Target& now, Say& say);
    static bool plan(std::uint32_t hook, const Event& event, const Args& args, Plan& plan);

 private:
    static void fields(const Status& s, Say& say);
    static void legs(const Status& s, Say& say);
    static Truth is_degraded(const Status& s);
    static Truth is_failed(const Status& s, const Copies& copies);
    static void transitions(const Status& before, const Status& now, Say& say);
};

bool Raid::look(const Target* before, const Target& now, Say& say) {
    const auto s = Status::parse(view(now.status));
    if (!s)
        return say.unknown(now.status.size == 0 ? "the kernel printed nothing" : "not the status of a raid");
    fields(*s, say);
    if (const auto old = before ? Status::parse(view(before->status)) : std::nullopt)
        transitions(*old, *s, say);
    legs(*s, say);
    say.condition(degraded, is_degraded(*s));
    say.condition(failed, is_failed(*s, Copies::parse(view(now.table))));
    // The count grows while a check runs, and other actions start it anew.
    if (s->mismatches)
        say.condition(mismatch, s->action != Action::idle ? Truth::same
                                : *s->mismatches > 0      ? Truth::yes
                                                          : Truth::no);
    if (s->journal != 0) say.condition(journal_failed, s->journal == 'D');
    if (is_sync(s->running())) say.gauge(sync, s->progress, s->total);
    // A raid0 neither syncs nor tells of failures.
    if (s->type != "raid0") say.read_within(s->action == Action::idle ? kIdleMs : kRunningMs);
    return true;
}

bool Raid::plan(std::uint32_t, const Event& event, const Args& args, Plan& plan) {
    const auto& target = *event.target;
    const auto s = Status::parse(view(target.status));
    if (!s) return plan.refuse("its status is not understood");
    const bool lost_too_much = is_failed(*s, Copies::parse(view(target.table))) == Truth::yes;
    return raid::plan_repair(*s, lost_too_much, event, args, plan);
}

void Raid::fields(const Status& s, Say& say) {
    say.field("raid_type", s.type);
    say.field("legs", static_cast<std::uint64_t>(s.health.size()));
    say.field("health", s.health);
    say.field("lost_legs", s.lost());
    say.field("sync_action", raid::action_name(s.action));
    say.field("sync_progress", s.progress);
    say.field("sync_total", s.total);
    say.field("sync_percent", percent(s.progress, s.total));
    if (s.mismatches) say.field("mismatch_count", *s.mismatches);
    if (s.data_offset) say.field("data_offset", *s.data_offset);
    if (s.journal == 'A' || s.journal == 'a')
        say.field("journal", s.journal == 'A' ? std::string_view{"write-through"} : "write-back");
    else if (s.journal == 'D')
        say.field("journal", std::string_view{"dead"});
}

// A lost leg is back only at `A`: `a` may be one that is being rebuilt, and `D` may become `-` by a reload.
void Raid::legs(const Status& s, Say& say) {
    const Letters letters{s};
    for (std::size_t i = 0; i < s.health.size(); ++i) {
        const char c = s.health[i];
        const auto key = std::to_string(i);
        const auto otherwise = c == 'A' && !letters.a_is_hidden ? Truth::no : Truth::same;
        const Field leg{"leg", static_cast<std::uint64_t>(i)};
        say.condition(device_failed, c == 'D' ? Truth::yes : otherwise, key, {leg});
        say.condition(device_missing, c == '-' ? Truth::yes : otherwise, key, {leg});
    }
}

Truth Raid::is_degraded(const Status& s) {
    const Letters letters{s};
    if (s.has('D') || s.has('-')) return Truth::yes;
    if (s.has('a')) return letters.a_is_stale ? Truth::yes : Truth::same;
    return letters.a_is_hidden ? Truth::same : Truth::no;
}

// Lost are `D`, `-`, and `a` where it is a leg that lacks data.
Truth Raid::is_failed(const Status& s, const Copies& copies) {
    const Letters letters{s};
    const auto lives_without = [&](const Legs& lost) {
        return raid::survives(s.type, s.health.size(), copies, lost);
    };
    const auto lost = legs_that_are(s, letters.a_is_stale ? "D-a" : "D-");
    const auto lives = lives_without(lost);
    if (!lives) return Truth::same; // a level that is not known
    if (!*lives) return Truth::yes;
    if (letters.a_is_hidden) return Truth::same;
    if (s.running() == Action::idle && s.has('a')) {
        if (!letters.a_is_stale) return Truth::same;
        // The recovery is over and the leg still stale. raid1 and raid10 never give up the last copy: an
        // error of it ends the recovery, with `A` and a full ratio, and all I/O to it fails.
        const bool keeps_last = s.type == "raid1" || s.type.starts_with("raid10");
        for (std::size_t i = 0; i < s.health.size() && keeps_last && s.full(); ++i)
            if (s.health[i] == 'A' && !*lives_without(Legs{lost}.set(i))) return Truth::yes;
    }
    return Truth::no;
}

// Starts and ends of syncs. Frozen says nothing of how far one came, so nothing ends there.
void Raid::transitions(const Status& before, const Status& now, Say& say) {
    if (before.running() == now.running()) return;
    const bool ended = is_sync(before.running()) && (now.running() == Action::idle || is_sync(now.running()));
    if (ended) {
        // Complete: nothing stale or newly lost is left, and the ratio, where it is still of this action, is
        // full.
        const bool complete =
            !now.has('a') && !lost_one(before, now) && (now.running() != Action::idle || now.full());
        say.happened(complete ? sync_finished : sync_interrupted, {},
                     {{"action", raid::action_name(before.running())}});
    }
    if (is_sync(now.running()))
        say.happened(sync_started, {}, {{"action", raid::action_name(now.running())}});
}

} // namespace

DMEVENT_PLUGIN(Raid);
