// SPDX-License-Identifier: Apache-2.0
// The steps of do:, resolved: a hook with typed arguments, or an action whose texts are sound.
#pragma once
#include <vector>

#include "config/diagnostics.hpp"
#include "model/catalogue.hpp"
#include "rules/rulebook.hpp"

namespace dmev {

// The placeholders and the unit's name of an action; of one under actions: as of one in place.
void check_action(const ActionSettings& action, Diagnostics& diagnostics);

// What is wrong is left out, and said.
std::vector<Step> compile_steps(const RuleSettings& rule, const Settings& settings,
                                const Catalogue& catalogue, Diagnostics& diagnostics);

} // namespace dmev
