// SPDX-License-Identifier: Apache-2.0
#include <dmevent/plugin.hpp>
#include <string>

#include "events.hpp"
#include "repair.hpp"
#include "status.hpp"

namespace mirror {
namespace {

using namespace dmevent;

// The kernel keeps a bit for each kind of error and prints the most severe: F, D, S, R. What ranks below the
// letter may be set too, so it can not be told; what ranks above is not.
constexpr std::string_view kRanks = "FDSR";

Truth has_error(char letter, char error) {
    if (letter == error) return Truth::yes;
    return kRanks.find(letter) < kRanks.find(error) ? Truth::same : Truth::no;
}

std::string_view kind_of(char letter) {
    switch (letter) {
        case 'D': return "write";
        case 'F': return "flush";
        case 'S': return "sync";
        case 'R': return "read";
        default: return "unknown";
    }
}

// What a failed write comes to. A resume tries a held one again, and holds it again while the leg fails.
std::string_view consequence(const Status& s, const std::optional<Table>& table) {
    if (s.lost()) return "no leg is left, I/O fails";
    if (!table) return "the failed write may be held until the mirror is reloaded or resumed";
    if (table->holds_writes()) return "the failed write is held until the mirror is reloaded or resumed";
    if (table->keep_log && !s.log_good()) return "writes fail";
    return "writes go on";
}

void say_legs(const Status& s, const std::optional<Table>& table, Say& say) {
    const bool held = table && table->holds_writes() && !s.lost();
    const auto effect = consequence(s, table);
    for (std::uint64_t i = 0; i < s.health.size(); ++i) {
        const char letter = s.health[i];
        const auto key = std::to_string(i);
        const auto leg = s.legs[i];
        if (letter == 'D' || letter == 'F')
            say.condition(Tables::leg_failed, true, key,
                          {{"leg", i},
                           {"leg_device", leg},
                           {"kind", kind_of(letter)},
                           {"write_held", held},
                           {"consequence", effect}});
        else if (letter == 'U')
            say.condition(Tables::leg_failed, true, key,
                          {{"leg", i},
                           {"leg_device", leg},
                           {"kind", kind_of(letter)},
                           {"consequence", "what became of the write is not known"}});
        else
            say.condition(Tables::leg_failed, false, key, {{"leg", i}, {"leg_device", leg}});
        say.condition(Tables::leg_sync_failed, has_error(letter, 'S'), key,
                      {{"leg", i}, {"leg_device", leg}, {"kind", "sync"}});
        say.condition(Tables::leg_read_failed, has_error(letter, 'R'), key,
                      {{"leg", i}, {"leg_device", leg}, {"kind", "read"}});
    }
}

void say_log(const Status& s, const std::optional<Table>& table, Say& say) {
    const char letter = s.log_health.value_or('A');
    const bool held = table && table->holds_writes() && !s.lost();
    if (letter == 'A' && !s.log_unreachable)
        say.condition(Tables::log_failed, false, {}, {{"log_device", s.log_device}});
    else
        say.condition(Tables::log_failed, true, {},
                      {{"log_device", s.log_device},
                       {"kind", s.log_unreachable ? "communication" : kind_of(letter)},
                       {"write_held", held},
                       {"consequence", consequence(s, table)}});
}

// The kernel says when a synchronization is complete, at each activation again if the log is on a disk, and
// never when one begins. So the count tells both.
void say_sync(const std::optional<Status>& old, const Status& s, Say& say) {
    if (old && !old->synced() && s.synced()) say.happened(Tables::sync_finished);
    if (old && !old->copying() && s.copying()) say.happened(Tables::sync_started);

    // A drop that a repair, a leg more or a new size explains was asked for; so was the first
    // synchronization.
    const bool unasked = old && old->synced() && old->all_good() && s.all_good() && old->legs == s.legs &&
                         old->regions == s.regions;
    say.condition(Tables::out_of_sync, s.synced() ? Truth::no : unasked ? Truth::yes : Truth::same);
}

// Progress is silent; so is the end of an error, and every error where the table has no handle_errors.
// A mirror that is whole and reports its errors need not be read.
void wish(const Status& s, const std::optional<Table>& table, Say& say) {
    if (!s.synced() || !s.all_good())
        say.read_within(10'000);
    else if (!table || !table->handle_errors)
        say.read_within(30'000);
}

struct Mirror : Tables {
    static bool look(const Target* before, const Target& now, Say& say) {
        const auto s = Status::parse(view(now.status));
        if (!s) return say.unknown("not a mirror's status line");
        const auto table = Table::parse(view(now.table));
        const auto old = before ? Status::parse(view(before->status)) : std::nullopt;

        say.field("legs", std::uint64_t{s->legs.size()});
        say.field("health", s->health);
        say.field("regions_in_sync", s->in_sync);
        say.field("regions", s->regions);
        say.field("sync_percent", percent(std::min(s->in_sync, s->regions), s->regions));
        say.field("log", s->log);
        if (table) say.field("handle_errors", table->handle_errors);

        say_legs(*s, table, say);
        say_log(*s, table, say);
        if (!s->health.empty()) say.condition(failed, s->lost());
        say_sync(old, *s, say);
        say.gauge(sync, std::min(s->in_sync, s->regions), s->regions);
        wish(*s, table, say);
        return true;
    }
    static bool plan(std::uint32_t, const Event& event, const Args& args, Plan& plan) {
        return plan_repair(event, args, plan);
    }
};

} // namespace
} // namespace mirror

DMEVENT_PLUGIN(mirror::Mirror);
