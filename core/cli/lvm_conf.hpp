// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "model/catalogue.hpp"
#include "rules/rulebook.hpp"

namespace dmev {

// Hooks of RULES that lvm.conf makes do nothing, one line each: LVM itself is asked what it says. Runs a
// program and waits for it.
std::vector<std::string> without_effect(const Rulebook& rules, const Catalogue& catalogue);

} // namespace dmev
