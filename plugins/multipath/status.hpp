// SPDX-License-Identifier: Apache-2.0
// What a multipath map prints about itself, as values. Pure; borrows from the line; gives nothing when the
// line is not understood, whatever bytes it is made of.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace multipath {

// "253:1": a device as the status, the table and DM_PATH write it.
bool is_devnum(std::string_view word);

// "1 queue_if_no_path 1 alua 2 1 service-time 0 …": the words before the groups are all we need.
struct Table {
    bool queueing = false;       // I/O waits when there is no path
    std::string_view hw_handler; // empty: none

    static std::optional<Table> parse(std::string_view table);
};

struct Path {
    std::string_view device; // major:minor
    bool failed = false;
    std::uint64_t fail_count = 0; // since the table was loaded; a reinstatement keeps it

    // It failed and was found good again. One that never failed since the load proves nothing.
    bool proven() const { return !failed && fail_count > 0; }
};

struct Group {
    char state = 'E'; // A: in use, E: enabled, D: disabled
    std::vector<Path> paths;
};

// "2 0 0 0 2 1 A 0 2 2 253:0 F 1 0 1 253:1 A 0 0 1 E 0 2 0 253:2 A 0 253:3 A 0 "
struct Status {
    bool queue_io = false; // until the first I/O after a load has found a path
    std::vector<Group> groups;
    std::uint64_t next_group = 0; // ordered, else in use, else 1; 0 without groups

    // The group in use, from 1; 0 when none is chosen: before the first I/O, after a load or an order.
    std::uint64_t group() const;
    // Each path once, by name. One that is in several groups has failed if it has in all of them.
    std::vector<Path> paths() const;

    static std::optional<Status> parse(std::string_view status);
};

// Do both have the same paths in the same groups? Then group numbers mean the same.
bool same_layout(const Status& a, const Status& b);

} // namespace multipath
