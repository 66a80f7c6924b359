// SPDX-License-Identifier: Apache-2.0
// The tables of the raid family: what it watches and what it can raise.
#pragma once
#include <dmevent/plugin.h>

#include <cstdint>

namespace raid {

struct Tables {
    static constexpr const char *name = "raid", *version = "1.0";

    // The table tells how many copies a raid10 has; right after a resume the letters are still the
    // constructor's.
    static constexpr dmevent_claim claims[] = {{"raid", DMEVENT_TABLE | DMEVENT_SETTLES}};

    enum Type : std::uint32_t {
        device_failed,
        device_missing,
        device_recovered,
        degraded,
        failed,
        optimal,
        sync_started,
        sync_finished,
        sync_interrupted,
        mismatch,
        journal_failed
    };
    static constexpr dmevent_type types[] = {
        {"raid.device_failed", nullptr, DMEVENT_ERROR, DMEVENT_CONDITION, 0, "raid.device_recovered",
         "raid {device}: leg {key} has failed ({raid_type} {health})",
         "the kernel gave up a leg after an error",
         "The leg is not used any more, and a device that works again is not taken back by itself. Replace "
         "it "
         "(lvconvert --repair VG/LV), or if it only was away: lvchange --refresh VG/LV."},
        {"raid.device_missing", nullptr, DMEVENT_ERROR, DMEVENT_CONDITION, 0, "raid.device_recovered",
         "raid {device}: leg {key} is not in the table ({raid_type} {health})", "a leg has no device",
         "It was activated without that device. Bring the device back and reactivate, or replace it "
         "(lvconvert --repair VG/LV)."},
        {"raid.device_recovered", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr,
         "raid {device}: leg {key} is in sync again", "a leg that was lost is in sync again",
         "Nothing to do."},
        {"raid.degraded", nullptr, DMEVENT_ERROR, DMEVENT_CONDITION, 0, "raid.optimal",
         "raid {device} ({raid_type}) is degraded: {health}",
         "an array runs with less than all its legs in sync",
         "Data is safe but less so. Each leg that is lost is told by its own event; it stays degraded until "
         "the "
         "last one is rebuilt. A first resync is not degraded."},
        {"raid.failed", nullptr, DMEVENT_CRITICAL, DMEVENT_CONDITION, 0, "raid.optimal",
         "raid {device} ({raid_type}) has failed, more legs are lost than it survives: {health}",
         "an array lost more than its level survives",
         "I/O fails. Stop what uses it and do not write: if the devices were only away, bring them back, "
         "deactivate and activate; else restore. Also told when a rebuild stopped because its only source "
         "died."},
        {"raid.optimal", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr,
         "raid {device} ({raid_type}) has all legs in sync",
         "an array that was degraded or failed is whole again",
         "Nothing to do; after a failure check what is stored on it."},
        {"raid.sync_started", nullptr, DMEVENT_INFO, DMEVENT_HAPPENING, 0, nullptr,
         "raid {device}: {action} started", "a resync, recover, check, repair or reshape began",
         "Nothing to do. The kernel does not announce it: it is seen at the next reading, so a very short "
         "one may "
         "not be told."},
        {"raid.sync_finished", nullptr, DMEVENT_INFO, DMEVENT_HAPPENING, 0, nullptr,
         "raid {device}: {action} finished", "a resync, recover, check, repair or reshape is complete",
         "Nothing to do. The kernel shows a check that was stopped by hand like one that came to its end."},
        {"raid.sync_interrupted", nullptr, DMEVENT_WARNING, DMEVENT_HAPPENING, 0, nullptr,
         "raid {device}: {action} stopped before its end ({health}, {sync_progress} of {sync_total} sectors)",
         "a resync, recover, check, repair or reshape ended too early",
         "A leg failed meanwhile, or somebody stopped it. The array is as safe as its letters say: look for "
         "raid.degraded and raid.failed."},
        {"raid.mismatch", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr,
         "raid {device}: the last check found {mismatch_count} sectors that differ between legs",
         "a check found legs that do not agree",
         "Which copy is right is not known. On raid1 and raid10 under swap or memory-mapped files it may be "
         "harmless; else test the devices. lvchange --syncaction repair VG/LV makes them equal. It ends with "
         "the "
         "next action or reload, when the kernel forgets the count."},
        {"raid.journal_failed", nullptr, DMEVENT_ERROR, DMEVENT_CONDITION, 0, nullptr,
         "raid {device}: its journal device has failed", "the journal of a raid4/5/6 is dead",
         "Writes fail and the array is read-only to all purposes. Replace the journal device and reload the "
         "table."},
    };

    enum Gauge : std::uint32_t { sync };
    static constexpr dmevent_gauge gauges[] = {{"sync", nullptr, "sectors", 0, 0, 0}};

    enum Hook : std::uint32_t { repair };
    static constexpr dmevent_param repair_params[] = {
        {"policy", DMEVENT_TEXT, 0,
         "\"allocate\": replaces the legs from free space of the volume group; by default what lvm.conf says "
         "in "
         "raid_fault_policy, which is to do nothing unless it was changed"},
    };
    static constexpr dmevent_hook hooks[] = {
        {"raid.repair", "replaces the legs that are lost (lvconvert --repair --use-policies)", repair_params,
         1, "activation/raid_fault_policy=warn", "policy"},
    };
};

} // namespace raid
