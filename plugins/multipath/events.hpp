// SPDX-License-Identifier: Apache-2.0
// The tables of the multipath family: what it watches and what it can raise.
#pragma once
#include <dmevent/plugin.h>

#include <cstdint>

namespace multipath {

struct Tables {
    static constexpr const char *name = "multipath", *version = "1.0";

    static constexpr dmevent_claim claims[] = {{"multipath", DMEVENT_TABLE | DMEVENT_TABLE_MOVES}};

    enum Type : std::uint32_t {
        path_failed,
        path_reinstated,
        all_paths_failed,
        recovered,
        group_disabled,
        group_enabled,
        group_switched,
        queueing_on,
        queueing_off,
        paths_changed
    };
    static constexpr dmevent_type types[] = {
        {"multipath.path_failed", "PATH_FAILED", DMEVENT_WARNING, DMEVENT_CONDITION,
         DMEVENT_BY_UEVENT | DMEVENT_EACH, "multipath.path_reinstated",
         "multipath {device}: path {key} failed, valid paths left: {valid_paths}",
         "a path failed, by an I/O error or by order",
         "I/O goes on over the other paths. Find the device by its number (lsblk, /sys/dev/block), then look "
         "at its cable, port, switch or target. multipathd's checker reinstates it when it answers."},
        {"multipath.path_reinstated", "PATH_REINSTATED", DMEVENT_NOTICE, DMEVENT_HAPPENING, DMEVENT_BY_UEVENT,
         nullptr, "multipath {device}: path {key} reinstated, valid paths: {valid_paths}",
         "a path that had failed is in use again",
         "Nothing to do. If it comes and goes, look for a bad cable or port."},
        {"multipath.all_paths_failed", nullptr, DMEVENT_CRITICAL, DMEVENT_CONDITION, DMEVENT_BY_UEVENT,
         "multipath.recovered", "multipath {device}: no valid path is left; {consequence}",
         "no path is valid, or the map has none",
         "With queue_if_no_path in the table (queueing is true) I/O waits, and what waits can not be killed, "
         "until a path returns or queueing is turned off (multipathd disablequeueing map NAME); without it "
         "I/O "
         "fails. Restore a path first; then check the file systems if I/O had failed."},
        {"multipath.recovered", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr,
         "multipath {device}: valid paths again: {valid_paths}", "a map without a valid path has one again",
         "Look at the file systems on it if I/O had failed meanwhile."},
        {"multipath.group_disabled", nullptr, DMEVENT_NOTICE, DMEVENT_CONDITION, 0, "multipath.group_enabled",
         "multipath {device}: path group {key} is disabled",
         "a group of paths is bypassed while another one works",
         "Done by order (disable_group) or by a hardware handler that could not prepare the group. The "
         "kernel uses the group only when no other is left."},
        {"multipath.group_enabled", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr,
         "multipath {device}: path group {key} is enabled", "a group of paths is no longer bypassed",
         "Nothing to do."},
        {"multipath.group_switched", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr,
         "multipath {device}: I/O moved from path group {from_group} to {to_group}",
         "I/O moved to another group of paths",
         "Expected when the paths of a better group fail, and when they return. Often to and fro means that "
         "two hosts, or a host and the array, disagree about the preferred controller."},
        {"multipath.queueing_on", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr,
         "multipath {device}: I/O will wait when no path is valid", "queue_if_no_path was turned on",
         "Without a path, I/O then waits for ever. Set no_path_retry to a number for an end to it."},
        {"multipath.queueing_off", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr,
         "multipath {device}: I/O will fail when no path is valid", "queue_if_no_path was turned off",
         "Turned off by order, by multipathd when its retries are used up, or by the kernel's own time-out. "
         "What had waited has failed."},
        {"multipath.paths_changed", nullptr, DMEVENT_NOTICE, DMEVENT_HAPPENING, 0, nullptr,
         "multipath {device}: paths now {paths_total}: {change}", "paths were added to the map or removed",
         "Expected when LUNs or ports are added or removed. A path that was removed is not watched any "
         "more."},
    };

    enum Hook : std::uint32_t { fail_if_no_path, queue_if_no_path };
    static constexpr dmevent_hook hooks[] = {
        {"multipath.fail_if_no_path",
         "lets I/O fail while no path is valid, also what waits for one; of a map of multipathd by "
         "multipathd "
         "disablequeueing",
         nullptr, 0, nullptr, nullptr},
        {"multipath.queue_if_no_path",
         "lets I/O wait while no path is valid; of a map of multipathd by multipathd restorequeueing, which "
         "goes "
         "by its configuration",
         nullptr, 0, nullptr, nullptr},
    };
};

} // namespace multipath
