// SPDX-License-Identifier: Apache-2.0
// What a source tells the engine. One alternative for each kind of a recording's lines.
#pragma once
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "model/device.hpp"

namespace dmev {

enum class Why { start, kernel, uevent, poll, resync, restart, unsaid };
// unsaid: a recording that does not tell; it has no name.
const char* why_name(Why why);
std::optional<Why> parse_why(std::string_view name);

// The first line of a recording: who wrote it, and where.
struct SourceStarted {
    std::string tool, kernel, ioctl, boot_id;
};

struct TargetReading {
    std::uint64_t start = 0;  // sectors of 512 bytes
    std::uint64_t length = 0; // sectors
    std::string type;
    std::optional<std::string> table;  // none: not asked for, or not to be shown
    std::optional<std::string> status; // none: not asked for
};

// One device as table, status, table showed it: the pair belongs together, and event_nr is the one
// that the status call returned.
struct DeviceReading {
    Why why = Why::kernel;
    DeviceId id;
    std::uint32_t event_nr = 0;
    bool suspended = false;
    bool internal_suspend = false; // by the kernel: a thin while its pool is suspended
    bool read_only = false;
    bool deferred_remove = false;
    bool inactive_table = false;
    std::vector<TargetReading> targets; // empty: no live table
};

// Everything that was there at the start has been read.
struct BaselineDone {};

// A kernel uevent of a dm disk, its variables in the order of arrival.
struct UeventReading {
    std::vector<std::pair<std::string, std::string>> env;
    // The value of KEY, or empty.
    std::string_view operator[](std::string_view key) const;
    // The value of KEY where it is a decimal number and nothing else.
    std::optional<std::uint64_t> number(std::string_view key) const;
    // MAJOR and MINOR.
    std::optional<DevNum> device() const;
};

// The device left the kernel's list.
struct DeviceRemoved {
    DeviceId id;
};

// Netlink dropped messages; every device is read again, why resync.
struct Overrun {};

// A status call does not return: of this device, and so of all that hang with it (itself included).
struct Unresponsive {
    DeviceId id;
    std::vector<std::string> devices; // names
};
struct Responsive {
    DeviceId id;
};

// Nothing but time: written when a limit passed while nothing else was seen.
struct Tick {};

struct Observation {
    Time at{};
    std::variant<SourceStarted, DeviceReading, BaselineDone, UeventReading, DeviceRemoved, Overrun,
                 Unresponsive, Responsive, Tick>
        what;
};

} // namespace dmev
