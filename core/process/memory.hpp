// SPDX-License-Identifier: Apache-2.0
// For processes that must go on when memory or the disk under the program is gone.
#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace dmev {

struct Mapping {
    std::size_t begin = 0, end = 0;
    bool operator==(const Mapping&) const = default;
};
// Of a /proc/PID/maps: what can be read and comes from a file.
std::vector<Mapping> file_mappings(std::string_view maps);

// Reads all of the program and its libraries into memory, and keeps it there; of everything else, also what
// is mapped later, what was touched stays. The result is the size of the first. The error: we may not, and
// go on as any program. Children, and what they execute, inherit nothing of it. To be called once all
// libraries are loaded.
Result<std::size_t> lock_memory();

// Takes us off the list of whom the kernel kills when memory runs out, where we may and no service manager
// has decided that already. Children inherit it; programs are put back on the list.
void stay_when_memory_runs_out();

// Of threads that are started later: what we do on them needs no more, and locked stacks are dear. They share
// one heap.
void use_small_stacks();

} // namespace dmev
