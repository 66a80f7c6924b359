// SPDX-License-Identifier: Apache-2.0
// What a mirror prints about itself, as values. Pure; borrows from the line; gives nothing when the line is
// not understood, whatever bytes it is made of.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mirror {

// "disk 2 253:2 1024 2 253:0 0 253:1 0 1 handle_errors"
struct Table {
    bool handle_errors = false; // an error raises an event, and a failed write is held
    bool keep_log = false;      // …but for this: then it goes on, or fails if the log failed too

    bool holds_writes() const { return handle_errors && !keep_log; }

    static std::optional<Table> parse(std::string_view table);
};

// "2 253:0 253:1 31/32 1 AD 3 disk 253:2 A"
struct Status {
    std::vector<std::string_view> legs; // major:minor
    std::uint64_t in_sync = 0, regions = 0;
    std::string_view health; // a letter for each leg; empty on kernels before 2.6.25
    std::string_view log;    // "core", "disk", "userspace", …; empty on the oldest kernels
    std::string_view log_device;
    std::optional<char> log_health; // of a log on a device: A, D, F
    bool log_unreachable = false;   // the program that keeps the log does not answer

    bool synced() const { return in_sync >= regions; }
    // No leg is good: the kernel reads from, and counts on, legs without any error alone.
    bool lost() const { return !health.empty() && health.find('A') == health.npos; }
    // A leg to which copies do not get through. R is none: it is written like the others.
    bool broken() const { return health.find_first_of("DFSU") != health.npos; }
    bool copying() const { return !synced() && !broken(); }
    bool log_good() const { return log_health.value_or('A') == 'A' && !log_unreachable; }
    bool all_good() const { return health.find_first_not_of('A') == health.npos && log_good(); }

    static std::optional<Status> parse(std::string_view status);
};

} // namespace mirror
