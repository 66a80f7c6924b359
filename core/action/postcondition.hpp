// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <span>
#include <string>

#include "model/target_facts.hpp"
#include "plugin/plugin.hpp"

namespace dmev {

// What of EXPECT is not so in NOW, compared with BEFORE the program ran; none: all of it came true.
std::optional<std::string> unmet(std::span<const Expectation> expect, const TargetFacts& before,
                                 const TargetFacts& now);

} // namespace dmev
