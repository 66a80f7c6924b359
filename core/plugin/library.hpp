// SPDX-License-Identifier: Apache-2.0
// A file mapped and its descriptor adopted. Boost.DLL is used, and ends, here.
#pragma once
#include <filesystem>

#include "base/result.hpp"
#include "plugin/plugin.hpp"

namespace dmev {

// Maps FILE into this process, which runs its constructors: it must have passed preflight, and the trial
// where this is not the trial. The plugin keeps it mapped.
Result<Plugin> open_library(const std::filesystem::path& file);

} // namespace dmev
