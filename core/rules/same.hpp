// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "rules/rulebook.hpp"

namespace dmev {

// Whether two rules, from the same plugins, do the same: wherever they stand in their files.
bool same_rule(const Rule& a, const Rule& b);

// A short text that is another for rules that do not do the same; of the same rule it is the same in every
// build.
std::string fingerprint(const Rule& rule);

} // namespace dmev
