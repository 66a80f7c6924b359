// SPDX-License-Identifier: Apache-2.0
// The tables of the thin family: what it watches, what it can raise, and how full is too full.
#pragma once
#include <dmevent/plugin.h>

#include <cstdint>

namespace thin {

struct Tables {
    static constexpr const char *name = "thin", *version = "1.0";

    // A volume answers through its pool: the first word of its table.
    static constexpr dmevent_claim claims[] = {{"thin-pool", DMEVENT_TABLE}, {"thin", DMEVENT_SERVED_BY}};

    enum Type : std::uint32_t {
        low_water,
        metadata_low_water,
        data_threshold,
        metadata_threshold,
        volume_threshold,
        overflow,
        no_space_timeout,
        read_only,
        failed,
        recovered,
        needs_check,
        extended
    };
    static constexpr dmevent_type types[] = {
        {"thin.low_water", "_thin_low_water", DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr,
         "thin pool {device}: {data_free} of {data_total} data blocks free, at or below the low water mark "
         "of "
         "{low_water_mark}",
         "a pool's free data blocks are at or below the mark in its table",
         "The kernel announces this once per resume; after it, the pool fills without a word until it is "
         "full. "
         "Extend the pool's data device (lvextend VG/POOL), or free blocks with fstrim or by removing "
         "volumes."},
        {"thin.metadata_low_water", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr,
         "thin pool {device}: {metadata_free} of {metadata_total} metadata blocks free, at or below the "
         "kernel's mark of {metadata_low_water_mark}",
         "a pool's free metadata blocks are at or below the kernel's own mark",
         "A pool without metadata becomes read-only and may need a repair. Extend it (lvextend "
         "--poolmetadatasize +SIZE VG/POOL). It ends a quarter above the mark, since the free count swings."},
        {"thin.data_threshold", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr,
         "thin pool {device}: {percent} % of its data blocks used, threshold {threshold} %",
         "a pool's data is fuller than a threshold",
         "Raised at each step up to 100 %. Extend the pool, or free blocks, before it is full."},
        {"thin.metadata_threshold", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr,
         "thin pool {device}: {percent} % of its metadata blocks used, threshold {threshold} %",
         "a pool's metadata is fuller than a threshold",
         "Raised at each step up to 100 %. Extend the metadata (lvextend --poolmetadatasize +SIZE VG/POOL)."},
        {"thin.volume_threshold", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr,
         "thin volume {device}: {percent} % of its sectors mapped, threshold {threshold} %",
         "a thin volume is fuller than a threshold (off by default)",
         "A volume may be fully mapped without harm; this is for those who bill or plan by it. fstrim gives "
         "back what its file system no longer uses."},
        {"thin.overflow", "_thin_overflow", DMEVENT_CRITICAL, DMEVENT_CONDITION, 0, "thin.recovered",
         "thin pool {device} is out of data space: {data_used} of {data_total} blocks used",
         "a pool has no free data block",
         "Writes that need a new block wait for no_space_timeout (60 s by default), or fail at once with "
         "error_if_no_space. Extend the pool now: what waits then completes, without an error."},
        {"thin.no_space_timeout", nullptr, DMEVENT_CRITICAL, DMEVENT_CONDITION, 0, "thin.recovered",
         "thin pool {device}: no space came in time, queued writes now fail",
         "a full pool went from queueing writes to failing them by itself",
         "Writers have seen ENOSPC and file systems may have gone read-only. Extend the pool, then check and "
         "remount what is on its volumes."},
        {"thin.read_only", nullptr, DMEVENT_CRITICAL, DMEVENT_CONDITION, 0, "thin.recovered",
         "thin pool {device} has become read-only", "a pool went read-only without being asked to",
         "Its metadata is full (metadata_full is true: extend it), or a metadata write failed (see the "
         "kernel "
         "log; repair with lvconvert --repair VG/POOL). A pool whose table asks for read_only is not told."},
        {"thin.failed", nullptr, DMEVENT_CRITICAL, DMEVENT_CONDITION, DMEVENT_LISTS_SERVED, "thin.recovered",
         "thin pool {device} has failed, all I/O to its volumes fails",
         "a pool's metadata cannot be used, every volume is down",
         "The pool stays so until it is deactivated. Look for the reason in the kernel log, mend the "
         "metadata "
         "device, deactivate the pool and its volumes, and repair it (lvconvert --repair VG/POOL)."},
        {"thin.recovered", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr,
         "thin pool {device} takes writes again", "a pool that was full, read-only or failed works again",
         "Look at the file systems on its volumes if writes failed meanwhile."},
        {"thin.needs_check", nullptr, DMEVENT_CRITICAL, DMEVENT_CONDITION, 0, nullptr,
         "thin pool {device}: its metadata needs a check before it is written again",
         "a pool's metadata is marked for a check",
         "A metadata transaction failed. Deactivate the pool, run thin_check (lvconvert --repair VG/POOL), "
         "and "
         "only then extend or use it: until then it can not grow and stays read-only."},
        {"thin.extended", nullptr, DMEVENT_INFO, DMEVENT_HAPPENING, 0, nullptr,
         "thin pool {device}: {what} grew from {blocks_before} to {blocks} blocks",
         "a pool's data or metadata grew", "Nothing to do: somebody, or LVM's policy, extended the pool."},
    };

    enum Gauge : std::uint32_t { data, metadata, volume };
    static constexpr dmevent_gauge gauges[] = {
        {"data", "thin.data_threshold", "blocks", 80, 5, 75},
        {"metadata", "thin.metadata_threshold", "blocks", 80, 5, 75},
        {"volume", "thin.volume_threshold", "sectors", 0, 5, 0},
    };

    enum Hook : std::uint32_t { extend };
    static constexpr dmevent_param extend_params[] = {
        {"threshold", DMEVENT_UINT, 0,
         "percent used above which it extends, 50 to 99; by default the one that the pool's mark stands for, "
         "or "
         "80, or just below what is used"},
        {"percent", DMEVENT_UINT, 0, "by how much at least, in percent of the size; 20 by default"},
        {"max_size", DMEVENT_UINT, 0, "a size of the pool's data, in bytes, at which it ends"},
    };
    static constexpr dmevent_hook hooks[] = {
        {"thin.extend",
         "extends the pool's data or metadata, whichever the event is about, by LVM's policy (lvextend "
         "--use-policies); what lvm.conf says of thresholds does not matter",
         extend_params, 3, nullptr, nullptr},
    };
};

} // namespace thin
