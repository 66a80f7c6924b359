// SPDX-License-Identifier: Apache-2.0
// A library's first load, in a child: what crashes, loops or throws there costs us nothing but the child.
#pragma once
#include <chrono>
#include <filesystem>

#include "base/result.hpp"

namespace dmev {

// Loads FILE in a child, adopts it, calls each of its functions that look at things once with next to
// nothing, and unloads it. Fails with the child's reason, or with how the child ended. Takes LIMIT at most.
// The child sees no descriptor of ours, its output goes nowhere, and it leaves no core.
//
// Forks: call it while this process has one thread.
Result<> try_library(const std::filesystem::path& file, std::chrono::milliseconds limit);

} // namespace dmev
