// SPDX-License-Identifier: Apache-2.0
// For processes that must go on when memory or the disk under the program is gone.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace dmev {

struct Mapping {
    std::size_t begin = 0, end = 0;
    bool writable = false, file = false; // it comes from one
    std::string path{};
    bool operator==(const Mapping&) const = default;
};
// Of a /proc/PID/maps: what can be read, but for the kernel's own.
std::vector<Mapping> mappings(std::string_view maps);

// Who runs long stays in memory, whatever becomes of the disk under the program. Of the processes that one
// program is, ONE holds the pages of its files, which are the same pages for all; the others, which were
// forked by it and end with it, hold what is theirs alone. Of both: children, and what they execute, inherit
// nothing of it. The error: we may not, and go on as any program.

// The one: reads all of the program and its libraries into memory, and keeps it there; of everything else,
// also what is mapped later, what was touched stays. The result is the size of the first. To be called once
// all libraries are loaded. UNUSED: how the names of those files begin that no process of the program calls
// from here on, or only one that may wait for a disk; they are like everything else.
Result<std::size_t> lock_memory(std::span<const std::string_view> unused = {});

// The others: of what can be written, and of what is mapped later, what was touched stays.
Result<> lock_own_memory();

// Takes us off the list of whom the kernel kills when memory runs out, where we may and no service manager
// has decided that already. Children inherit it; programs are put back on the list.
void stay_when_memory_runs_out();

// Of threads that are started later: what we do on them needs no more, and locked stacks are dear. They share
// one heap.
void use_small_stacks();

} // namespace dmev
