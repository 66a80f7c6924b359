// SPDX-License-Identifier: Apache-2.0
// Amounts and times as people write them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "config/settings.hpp"

namespace dmev {

// "70", "-1.5", "70%", "10G" (thousands), "2TiB" (1024s); nothing else may follow.
std::optional<double> parse_amount(std::string_view text);

// "250ms", "10s", "5m", "2h", "1d".
std::optional<Millis> parse_duration(std::string_view text);

// The shortest that parse_duration() reads back as the same: "10s", "90s", "1500ms".
std::string duration_text(Millis duration);

} // namespace dmev
