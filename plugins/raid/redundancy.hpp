// SPDX-License-Identifier: Apache-2.0
// Which losses each raid level survives.
#pragma once
#include <bitset>
#include <optional>

#include "status.hpp"

namespace raid {

using Legs = std::bitset<kMaxLegs>;

// Whether an array of this TYPE with LEGS legs still has all its data without LOST; nothing for a type that
// is not known. COPIES matters to raid10 alone.
std::optional<bool> survives(std::string_view type, std::size_t legs, const Copies& copies, const Legs& lost);

} // namespace raid
