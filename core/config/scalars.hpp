// SPDX-License-Identifier: Apache-2.0
// Values of the configuration as people write them, and back. An error says why and what to write instead;
// the reader adds where. The patterns are for editors, and take what the functions take.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/settings.hpp"

namespace dmev {

inline constexpr Millis kLongestTime = std::chrono::hours{24 * 365};

// "250ms", "10s", "5m", "2h", "1d": a whole number and one unit.
Result<Millis> parse_duration(std::string_view text);
std::string format_duration(Millis duration); // with the largest unit that is exact
inline constexpr const char* kDurationPattern = "[0-9]+(ms|s|m|h|d)";

// "256MiB", "1GB": a whole number and one unit, by 1024s or by thousands.
Result<Size> parse_size(std::string_view text);
std::string format_size(Size size); // with the largest unit that is exact
inline constexpr const char* kSizePattern = "[0-9]+([kMGT]B|[KMGT]iB)";

// "true" and "false", and nothing else that YAML 1.1 took for them.
Result<bool> parse_flag(std::string_view text);

// A whole number in decimal, without sign or leading zeros.
Result<std::uint32_t> parse_count(std::string_view text);

// A decimal fraction, "80" or "82.5", without sign or exponent; digits enough for a percentage.
Result<double> parse_percent(std::string_view text);

// "once", "every 1h", "diminishing", "diminishing 6h".
Result<RemindSettings> parse_remind(std::string_view text);
std::string format_remind(const RemindSettings& remind);
inline constexpr const char* kRemindPattern =
    "once|every +[0-9]+(ms|s|m|h|d)|diminishing( +[0-9]+(ms|s|m|h|d))?";

// "5 per 10m".
Result<MaxRunsSettings> parse_max_runs(std::string_view text);
std::string format_max_runs(const MaxRunsSettings& max_runs);
inline constexpr const char* kMaxRunsPattern = "[1-9][0-9]* +per +[0-9]+(ms|s|m|h|d)";

// "1s..5m", or "10s".
Result<BackoffSettings> parse_backoff(std::string_view text);
std::string format_backoff(const BackoffSettings& backoff);
inline constexpr const char* kBackoffPattern = "[0-9]+(ms|s|m|h|d)( *\\.\\. *[0-9]+(ms|s|m|h|d))?";

} // namespace dmev
