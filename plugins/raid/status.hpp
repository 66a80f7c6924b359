// SPDX-License-Identifier: Apache-2.0
// What a raid target prints about itself, as values. Pure; borrows from the line; gives nothing when the
// line is not understood, whatever bytes it is made of.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace raid {

// As many legs as the kernel's raid target takes (MAX_RAID_DEVICES).
inline constexpr std::size_t kMaxLegs = 253;

enum class Action { idle, frozen, resync, recover, check, repair, reshape, unknown };
std::string_view action_name(Action action);
// A sync runs: there is progress to watch, and an end to come.
constexpr bool is_sync(Action a) { return a != Action::idle && a != Action::frozen && a != Action::unknown; }

// "raid5_ls 3 AAA 32768/32768 idle 0 0 -", and what older kernels print of it
struct Status {
    std::string_view type;
    std::uint64_t devices = 0;
    std::string_view health; // a letter a leg: A in sync, a not, D dead, - absent; 1 to kMaxLegs of them
    std::uint64_t progress = 0, total = 0;    // sectors of a leg
    Action action = Action::unknown;          // before target version 1.5 concluded from the rest
    std::optional<std::uint64_t> mismatches;  // from 1.5 on: sectors, of the last check
    std::optional<std::uint64_t> data_offset; // from 1.9 on: sectors
    char journal = 0;                         // from 1.10 on: A write-through, a write-back, D dead, - none

    bool has(char leg) const { return health.find(leg) != std::string_view::npos; }
    bool full() const { return progress == total; }
    // How many legs are dead or absent. One that is being rebuilt is neither.
    std::uint64_t lost() const {
        std::uint64_t n = 0;
        for (const char leg : health) n += leg == 'D' || leg == '-';
        return n;
    }
    // What is really under way: after a leg is lost the kernel prints recover for a moment, with no leg to
    // recover, while it looks for a spare.
    Action running() const { return action == Action::recover && !has('a') ? Action::idle : action; }

    static std::optional<Status> parse(std::string_view status);
};

// What the table line says of a raid10: "raid10 7 128 raid10_copies 3 raid10_format far …"
struct Copies {
    std::uint64_t count = 2;
    bool far = false; // far or offset: the copies of a block are on neighbours, wherever it starts

    // The defaults where the line does not tell.
    static Copies parse(std::string_view table);
};

} // namespace raid
