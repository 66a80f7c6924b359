// SPDX-License-Identifier: Apache-2.0
// Thin pools and thin volumes: fill levels, and the pool's way from full over read-only to failed.
// A volume raises no kernel event and fails with its pool: only its fill level is told of it.
#include <dmevent/plugin.hpp>

#include "events.hpp"
#include "extend.hpp"
#include "status.hpp"

namespace {

using namespace dmevent;
using thin::Pool;
using thin::PoolTable;
using thin::Volume;
using Mode = Pool::Mode;

// The low water mark is announced once per resume and its end never; near a limit it is read as often as
// LVM's own monitor does.
constexpr std::uint32_t kNearMs = 10'000, kFarMs = 60'000;

struct Thin : thin::Tables {
    static bool look(const Target* before, const Target& now, Say& say) {
        return view(now.type) == "thin" ? look_volume(now, say) : look_pool(before, now, say);
    }
    static bool plan(std::uint32_t, const Event& event, const Args& args, Plan& plan) {
        return thin::plan_extend(event, args, plan);
    }

 private:
    static bool look_volume(const Target& now, Say& say);
    static bool look_pool(const Target* before, const Target& now, Say& say);
    static void levels(const Pool& pool, const std::optional<PoolTable>& table, Say& say);
    static void modes(const Pool& pool, const std::optional<PoolTable>& table, Say& say);
    static void growth(const Pool& before, const Pool& now, Say& say);
};

bool Thin::look_volume(const Target& now, Say& say) {
    const auto v = Volume::parse(view(now.status));
    if (!v) return say.unknown("not the status of a thin volume");
    if (v->state != Volume::State::active) return true; // the pool's condition says it for all of them
    say.field("mapped_sectors", v->mapped);
    if (v->highest) say.field("highest_mapped_sector", *v->highest);
    say.field("volume_sectors", now.length);
    say.field("mapped_percent", percent(v->mapped, now.length));
    say.gauge(volume, v->mapped, now.length);
    return true;
}

bool Thin::look_pool(const Target* before, const Target& now, Say& say) {
    const auto pool = Pool::parse(view(now.status));
    if (!pool) return say.unknown("not the status of a thin pool");
    const auto table = PoolTable::parse(view(now.table));
    say.field("mode", pool->mode_name());
    levels(*pool, table, say);
    modes(*pool, table, say);
    if (const auto old = before ? Pool::parse(view(before->status)) : std::nullopt) growth(*old, *pool, say);
    return true;
}

// How full: fields, gauges and the two marks. A failed pool prints no numbers, so what held is left alone.
void Thin::levels(const Pool& pool, const std::optional<PoolTable>& table, Say& say) {
    if (!pool.has_numbers()) {
        say.condition(low_water, Truth::same);
        say.condition(metadata_low_water, Truth::same);
        if (pool.mode == Mode::error) say.read_within(kNearMs); // on its way to another mode
        return;
    }
    const auto free = pool.data_free(), metadata_free = pool.metadata_free();
    say.field("transaction_id", pool.transaction_id);
    say.field("data_used", pool.data_used);
    say.field("data_total", pool.data_total);
    say.field("data_free", free);
    say.field("data_percent", percent(pool.data_used, pool.data_total));
    say.field("metadata_used", pool.metadata_used);
    say.field("metadata_total", pool.metadata_total);
    say.field("metadata_free", metadata_free);
    say.field("metadata_percent", percent(pool.metadata_used, pool.metadata_total));
    if (pool.held_root) say.field("held_root", *pool.held_root);
    if (!pool.discard.empty()) say.field("discard", pool.discard);
    say.gauge(data, pool.data_used, pool.data_total);
    say.gauge(metadata, pool.metadata_used, pool.metadata_total);

    bool near = pool.mode != Mode::rw;
    if (table) {
        // The kernel's own comparison, so that a mark of 0 means: full.
        const bool low = free <= table->low_water_mark;
        say.field("low_water_mark", table->low_water_mark);
        say.field("block_sectors", table->block_sectors);
        say.condition(low_water, low);
        near |= low || free / 2 <= table->low_water_mark;
    } else {
        say.condition(low_water, Truth::same);
    }
    if (pool.metadata_low_water) {
        const auto mark = *pool.metadata_low_water;
        say.field("metadata_low_water_mark", mark);
        say.condition(metadata_low_water, metadata_free <= mark              ? Truth::yes
                                          : metadata_free - mark <= mark / 4 ? Truth::same
                                                                             : Truth::no);
    }
    say.read_within(near ? kNearMs : kFarMs);
}

// What the pool still does. While it has failed nothing else can be told. A table that asks for read_only
// hides whether the pool could be written: that is neither an alarm nor a recovery.
void Thin::modes(const Pool& pool, const std::optional<PoolTable>& table, Say& say) {
    const bool told = pool.has_numbers(), ro = pool.mode == Mode::ro;
    const bool hidden = !told || (ro && table && table->read_only);
    const bool full = pool.mode == Mode::out_of_data_space;
    const auto unless_hidden = [&](bool is) { return hidden ? Truth::same : is ? Truth::yes : Truth::no; };

    if (told) say.field("error_if_no_space", pool.error_if_no_space);
    say.condition(overflow, unless_hidden(full));
    // Without the table it can not be told whether errors were asked for.
    const bool gave_up = full && pool.error_if_no_space;
    say.condition(no_space_timeout,
                  gave_up && !table ? Truth::same : unless_hidden(gave_up && !table->error_if_no_space));
    // The kernel has one word for both: metadata that ran out is not marked for a check.
    const bool metadata_full = pool.metadata_used == pool.metadata_total && !pool.needs_check.value_or(false);
    say.condition(read_only, unless_hidden(ro), {}, {{"metadata_full", metadata_full}});
    say.condition(failed, !told);
    if (!told)
        say.condition(needs_check, Truth::same);
    else if (pool.needs_check)
        say.condition(needs_check, *pool.needs_check);
}

void Thin::growth(const Pool& before, const Pool& now, Say& say) {
    if (!before.has_numbers() || !now.has_numbers()) return;
    const auto grew = [&](std::string_view what, std::uint64_t from, std::uint64_t to) {
        if (to > from) say.happened(extended, {}, {{"what", what}, {"blocks_before", from}, {"blocks", to}});
    };
    grew("data", before.data_total, now.data_total);
    grew("metadata", before.metadata_total, now.metadata_total);
}

} // namespace

DMEVENT_PLUGIN(Thin);
