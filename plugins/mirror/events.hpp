// SPDX-License-Identifier: Apache-2.0
// The tables of the mirror family: what it watches and what it can raise.
#pragma once
#include <dmevent/plugin.h>

#include <cstdint>

namespace mirror {

struct Tables {
    static constexpr const char *name = "mirror", *version = "1.0";

    static constexpr dmevent_claim claims[] = {{"mirror", DMEVENT_TABLE}};

    enum Type : std::uint32_t {
        leg_failed,
        leg_read_failed,
        leg_sync_failed,
        leg_recovered,
        log_failed,
        failed,
        sync_started,
        sync_finished,
        out_of_sync
    };
    static constexpr dmevent_type types[] = {
        {"mirror.leg_failed", nullptr, DMEVENT_ERROR, DMEVENT_CONDITION, 0, "mirror.leg_recovered",
         "mirror {device}: leg {key} ({leg_device}) failed ({kind} error); {consequence}",
         "a leg took no write or no flush",
         "The leg's data is out of date. With handle_errors in the table (write_held is true) the write that "
         "failed is held, and its program can not be killed, until the mirror is reloaded or suspended and "
         "resumed: repair it at once (lvconvert --repair VG/LV). Without it writes go on to the other legs."},
        {"mirror.leg_read_failed", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, "mirror.leg_recovered",
         "mirror {device}: leg {key} ({leg_device}) could not be read",
         "a leg could not be read, another one answered",
         "Its data is still as good as the others', and it is still written, but no longer read. Look for "
         "the "
         "reason in the kernel log and replace the device before the other legs fail."},
        {"mirror.leg_sync_failed", nullptr, DMEVENT_ERROR, DMEVENT_CONDITION, 0, "mirror.leg_recovered",
         "mirror {device}: synchronization failed at leg {key} ({leg_device}), {regions_in_sync} of "
         "{regions} "
         "regions in sync",
         "the synchronization could not read or write a leg",
         "The mirror stays out of sync, and losing another leg may lose data. Replace the device "
         "(lvconvert --repair VG/LV, or pvmove)."},
        {"mirror.leg_recovered", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr,
         "mirror {device}: leg {key} is good again", "a leg that had failed has no error any more",
         "The kernel forgets errors when a synchronization completes or a table is loaded. Until "
         "mirror.sync_finished the leg may still lack data."},
        {"mirror.log_failed", nullptr, DMEVENT_ERROR, DMEVENT_CONDITION, 0, nullptr,
         "mirror {device}: its {log} log failed ({kind} error); {consequence}",
         "the device or program that logs what is in sync failed",
         "With handle_errors in the table (write_held is true) writes are held, unkillable, until the mirror "
         "is reloaded: repair it (lvconvert --repair VG/LV). A mirror that starts without its log has to be "
         "synchronized as a whole."},
        {"mirror.failed", nullptr, DMEVENT_CRITICAL, DMEVENT_CONDITION, 0, nullptr,
         "mirror {device} has no good leg ({health}), its I/O fails", "no leg is without errors",
         "Reads and writes fail. Bring the devices back, then deactivate and activate the mirror, which "
         "forgets the errors; otherwise restore its data from elsewhere."},
        {"mirror.sync_started", nullptr, DMEVENT_INFO, DMEVENT_HAPPENING, 0, nullptr,
         "mirror {device}: synchronization started, {regions_in_sync} of {regions} regions in sync",
         "the kernel copies data to the legs",
         "Nothing to do. After a repair, an added leg or an extension this is how the mirror becomes whole."},
        {"mirror.sync_finished", nullptr, DMEVENT_INFO, DMEVENT_HAPPENING, 0, nullptr,
         "mirror {device}: synchronization finished, {regions} regions in sync",
         "all legs hold the same data", "Nothing to do."},
        {"mirror.out_of_sync", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr,
         "mirror {device} was in sync and is not any more: {regions_in_sync} of {regions} regions",
         "a mirror lost its synchronization though nothing failed or was changed",
         "Usually the same table was loaded again and the log did not last (a core log). The kernel copies "
         "again by itself; until then only the first leg is complete. A repair, a new leg or a new size "
         "is told as mirror.sync_started alone."},
    };

    enum Gauge : std::uint32_t { sync };
    static constexpr dmevent_gauge gauges[] = {{"sync", nullptr, "regions", 0, 0, 0}};

    enum Hook : std::uint32_t { repair };
    static constexpr dmevent_param repair_params[] = {
        {"policy", DMEVENT_TEXT, 0,
         "for a leg: \"remove\" it, or \"allocate\" another from free space of the volume group; by default "
         "what "
         "lvm.conf says in mirror_image_fault_policy"},
    };
    static constexpr dmevent_hook hooks[] = {
        {"mirror.repair",
         "removes or replaces the legs and the log that failed (lvconvert --repair --use-policies), which "
         "also "
         "releases writes that are held",
         repair_params, 1, nullptr, nullptr},
    };
};

} // namespace mirror
