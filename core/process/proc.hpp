// SPDX-License-Identifier: Apache-2.0
// What /proc tells of processes.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace dmev {

// A process, however often its number is given out again.
struct ProcessId {
    pid_t pid = 0;
    std::uint64_t start = 0; // field 22 of its stat: ticks since boot
    bool operator==(const ProcessId&) const = default;
};

struct ProcessStat {
    char state = 0;
    pid_t parent = 0;
    std::uint64_t start = 0;
};
// The content of a /proc/PID/stat; its second field holds whatever the program likes, ") " too.
std::optional<ProcessStat> parse_stat(std::string_view text);
std::optional<ProcessStat> stat_of(pid_t pid);

ProcessId own_process_id();
bool lives(const ProcessId& process); // a zombie does not

// All that descends from ANCESTOR and is no zombie. Who forks meanwhile may be missed: ask again.
std::vector<ProcessId> descendants(pid_t ancestor);

} // namespace dmev
