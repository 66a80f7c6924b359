// SPDX-License-Identifier: Apache-2.0
// The terms of match:, from text to tests.
#pragma once
#include <set>
#include <string>

#include "config/diagnostics.hpp"
#include "model/catalogue.hpp"
#include "rules/rulebook.hpp"

namespace dmev {

// Fills RULE's match, wants_repeat and wants_ends from its settings. REQUIRES: RULE.on is there.
void compile_match(Rule& rule, const Catalogue& catalogue, Diagnostics& diagnostics);

// The states that the rule's match: lets through.
std::set<State> wanted_states(const Rule& rule);

} // namespace dmev
