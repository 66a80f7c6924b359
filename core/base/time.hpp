// SPDX-License-Identifier: Apache-2.0
// Time as the engine and the recordings know it: nanoseconds since 1970 UTC.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace dmev {

using Duration = std::chrono::nanoseconds;
using Time = std::chrono::sys_time<Duration>;

// "2026-01-31T10:15:02.123456789Z", always nine digits.
std::string format_utc(Time time);

// RFC 3339 with any number of fraction digits up to nine, and Z or +hh:mm. Nothing else.
std::optional<Time> parse_utc(std::string_view text);

// "2026-01-31 10:15:02.123" in the local time zone, for people.
std::string format_local(Time time);

} // namespace dmev
