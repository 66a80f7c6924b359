// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace dmev {

// A time as people write it: RFC 3339; "2026-01-31", "2026-01-31 10:15" or "2026-01-31 10:15:02" in the local
// time zone, where "10:15" is of the same day as NOW, "today" its beginning, and "yesterday" that of the day
// before; or so long before NOW: "90s", "15m", "2h", "7d", "4w".
std::optional<Time> parse_when(std::string_view text, Time now);

} // namespace dmev
