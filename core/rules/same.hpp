// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "rules/rulebook.hpp"

namespace dmev {

// Whether two rules, from the same plugins, do the same: wherever they stand in their files.
bool same_rule(const Rule& a, const Rule& b);

} // namespace dmev
