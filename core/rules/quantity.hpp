// SPDX-License-Identifier: Apache-2.0
// Amounts as people write them.
#pragma once
#include <optional>
#include <string_view>

namespace dmev {

// "70", "-1.5", "70%", "10G" (thousands), "2TiB" (1024s); nothing else may follow.
std::optional<double> parse_amount(std::string_view text);

} // namespace dmev
