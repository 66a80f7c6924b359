// SPDX-License-Identifier: Apache-2.0
// The programs that a configuration names: whether they can be run, and what is kept ready to run them.
#pragma once
#include <set>
#include <span>
#include <string>

#include "config/diagnostics.hpp"
#include "config/settings.hpp"
#include "plugin/plugin.hpp"
#include "process/keeper.hpp"
#include "rules/rulebook.hpp"

namespace dmev {

// Whoever else could have written a program is a mistake; one that is not there, or not for whom it runs as,
// a warning: its disk may not be mounted yet.
void check_programs(const Settings& settings, Diagnostics& diagnostics);

// The families whose hooks may be run by RULES.
std::set<std::string> families_of_hooks(const Rulebook& rules, std::span<const Plugin> plugins);

// What is to be kept in memory for them.
KeepOrder to_keep(const Settings& settings);

} // namespace dmev
