// SPDX-License-Identifier: Apache-2.0
#include "extend.hpp"

#include <algorithm>
#include <dmevent/lvm.hpp>
#include <optional>
#include <string>

#include "events.hpp"
#include "status.hpp"

namespace thin {
namespace {

using namespace dmevent;

// What LVM's policy is made of. It takes a threshold below 50 for 50, and one of 100 for "never".
constexpr std::uint64_t kLowest = 50, kHighest = 99, kUsual = 80, kPercent = 20, kMostPercent = 1000;
constexpr std::uint64_t kSector = 512, kMetadataSectors = 8; // a block of metadata
// Beyond what a kernel can address: so that no product below overflows.
constexpr std::uint64_t kMostBlocks = 1ull << 48, kMostSectors = 1ull << 52;

constexpr std::uint64_t divided_up(std::uint64_t n, std::uint64_t by) { return (n + by - 1) / by; }

struct Level {
    std::uint64_t used, total; // in blocks
    bool above(std::uint64_t percent) const { return used * 100 > total * percent; }
    bool at(std::uint64_t percent) const { return used * 100 == total * percent; }
    std::uint64_t percent() const { return total == 0 ? 0 : used * 100 / total; }
    // The highest percentage that it is above of.
    std::uint64_t just_below() const { return used == 0 ? 0 : (used * 100 - 1) / total; }
};

// Metadata has a threshold of LVM's own beside: a quarter free, or 4 MiB where that is less.
std::uint64_t metadata_threshold(const Level& metadata, std::uint64_t threshold) {
    constexpr std::uint64_t blocks = 1024;
    return std::min(threshold,
                    metadata.total <= 4 * blocks ? 75 : 100 - divided_up(100 * blocks, metadata.total));
}

// The threshold that the mark in the table stands for, which LVM computed from one when it loaded the table.
std::optional<std::uint64_t> threshold_of_mark(const PoolTable& table, const Level& data) {
    if (table.low_water_mark == 0 || table.low_water_mark >= data.total) return std::nullopt;
    return 100 - divided_up(table.low_water_mark * 100, data.total);
}

// How much LVM's policy adds: PERCENT, or what brings LEVEL below THRESHOLD where that is more.
std::uint64_t policy_percent(const Level& level, std::uint64_t threshold, std::uint64_t percent) {
    if (!level.above(threshold)) return 0;
    return std::max(percent, divided_up(level.used * 10000, level.total * threshold) - 100);
}

// What keeps the pool from growing, whatever is asked for; empty when nothing does.
std::string_view obstacle(const Pool& pool, const PoolTable& table) {
    if (!pool.has_numbers())
        return "the pool has failed: deactivate it with its volumes, then lvconvert --repair VG/POOL";
    if (pool.needs_check.value_or(false))
        return "its metadata needs a check: deactivate the pool, then lvconvert --repair VG/POOL";
    if (pool.mode != Pool::Mode::ro) return {};
    if (table.read_only) return "its table asks for read-only";
    if (pool.metadata_used < pool.metadata_total)
        return "it is read-only, and not for want of metadata: see the kernel log, and lvconvert --repair "
               "VG/POOL";
    return {};
}

bool is_about_metadata(std::string_view type, const Pool& pool) {
    return type.starts_with("thin.metadata_") || (type == "thin.read_only" && pool.mode == Pool::Mode::ro);
}

// Told of a pool that runs out: it is to grow from wherever it is now.
bool is_of_running_out(std::string_view type, const Pool& pool) {
    for (const std::string_view one :
         {"thin.low_water", "thin.data_threshold", "thin.overflow", "thin.no_space_timeout",
          "thin.metadata_low_water", "thin.metadata_threshold"})
        if (type == one) return true;
    return type == "thin.read_only" && pool.mode == Pool::Mode::ro;
}

std::string not_needed(const char* what, const Level& level, std::uint64_t threshold) {
    return std::to_string(level.percent()) + " % of its " + what + " is used, not above " +
           std::to_string(threshold) + " %";
}

} // namespace

bool plan_extend(const Event& event, const Args& args, Plan& plan) {
    const auto& target = *event.target;
    const auto& device = *target.device;
    if (view(target.type) != "thin-pool") return plan.refuse("it is no thin pool");
    if (!lvm::made(device, "-tpool")) return plan.refuse("LVM did not make this pool");
    const auto pool = Pool::parse(view(target.status));
    const auto table = PoolTable::parse(view(target.table));
    if (!pool || !table || pool->data_total > kMostBlocks || pool->metadata_total > kMostBlocks ||
        target.length > kMostSectors)
        return plan.refuse("its status or its table is not understood");
    if (const auto why = obstacle(*pool, *table); !why.empty()) return plan.refuse(why);

    const auto asked = args.number("threshold");
    const auto grow = args.number("percent").value_or(kPercent);
    if (asked && (*asked < kLowest || *asked > kHighest))
        return plan.refuse("a threshold is 50 to 99 %: LVM takes less for 50, and 100 for never");
    if (grow == 0 || grow > kMostPercent) return plan.refuse("percent is 1 to 1000");

    const Level data{pool->data_used, pool->data_total}, metadata{pool->metadata_used, pool->metadata_total};
    const bool of_metadata = is_about_metadata(event.type, *pool);
    const auto& level = of_metadata ? metadata : data;
    auto threshold = asked.value_or(threshold_of_mark(*table, data).value_or(kUsual));
    // After anything else, such as its own growth, a pool below its mark is left alone.
    if (!asked && is_of_running_out(event.type, *pool)) threshold = std::min(threshold, level.just_below());
    threshold = std::max(kLowest, threshold);
    // The kernel's event comes at the mark itself, and LVM acts above its threshold.
    if (asked && level.at(threshold) && threshold > kLowest) --threshold;
    const auto limit = of_metadata ? metadata_threshold(metadata, threshold) : threshold;
    if (!level.above(limit)) return plan.refuse(not_needed(of_metadata ? "metadata" : "data", level, limit));

    const std::string config = "activation/thin_pool_autoextend_threshold=" + std::to_string(threshold) +
                               " activation/thin_pool_autoextend_percent=" + std::to_string(grow);
    // Where the policy would take the data beyond its limit, the limit itself, or the metadata alone.
    const auto most = args.number("max_size").value_or(UINT64_MAX) / kSector;
    const auto growth = policy_percent(data, threshold, grow);
    const bool beyond = growth > 0 && target.length * (100 + growth) > most * 100;
    const auto lv = view(device.lv);
    if (!beyond) {
        lvm::run(plan, device, lv, {"lvextend", "--use-policies", "--config", config});
    } else if (of_metadata) {
        const auto by = metadata.total * policy_percent(metadata, limit, grow) / 100 * kMetadataSectors;
        lvm::run(plan, device, lv,
                 {"lvextend", "--config", config, "--poolmetadatasize", "+" + std::to_string(by) + "s"});
    } else if (target.length >= most) {
        return plan.refuse("it has its max_size");
    } else {
        lvm::run(plan, device, lv, {"lvextend", "--config", config, "--size", std::to_string(most) + "s"});
    }
    plan.until_grown(of_metadata ? Tables::metadata : Tables::data);
    return true;
}

} // namespace thin
