// SPDX-License-Identifier: Apache-2.0
// The child's half of a trial, and what it tells the parent's half through their pipe.
#pragma once
#include <cstddef>
#include <filesystem>

namespace dmev::trial {

// One byte for each stage that is behind it, then either the end or, after kRefused, why, NUL, remedy.
constexpr char kLoaded = 'L', kCalled = 'C', kUnloaded = 'U', kRefused = 'R';
constexpr std::size_t kLongest = 4096; // less than a pipe holds, so that the child never waits for us

// Cuts this process off from everything but REPORT, tries FILE, tells of it, and ends the process.
[[noreturn]] void run(const std::filesystem::path& file, int report);

} // namespace dmev::trial
