// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, Millis>, 5> kUnits{
    {{"d", 24h}, {"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}}};

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> kSizes{{{"TiB", 1ULL << 40},
                                                                            {"GiB", 1ULL << 30},
                                                                            {"MiB", 1ULL << 20},
                                                                            {"KiB", 1ULL << 10},
                                                                            {"TB", 1'000'000'000'000},
                                                                            {"GB", 1'000'000'000},
                                                                            {"MB", 1'000'000},
                                                                            {"kB", 1'000}}};

constexpr const char* kWriteDuration = "write a duration as 250ms, 10s, 5m, 2h or 1d";
constexpr const char* kWriteRemind = "write 'once', 'every 1h', 'diminishing' or 'diminishing 6h'";
constexpr const char* kWriteMaxRuns = "write '5 per 10m'";
constexpr const char* kWriteBackoff = "write '1s..5m', or '10s' for always the same";

Error bad(std::string_view text, std::string_view why, std::string remedy) {
    return {ErrorKind::bad_config, {}, {}, fmt::format("'{}' {}", escape(text), why), std::move(remedy)};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view digits(std::string_view text) {
    return text.substr(
        0, static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin()));
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> found;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        if (end > at) found.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return found;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// A duration that is a part of something else, and not nothing.
Result<Millis> parse_part(std::string_view text, const char* remedy) {
    auto duration = parse_duration(text);
    if (duration && *duration == 0ms) return bad(text, "is no time at all", remedy);
    return duration;
}

} // namespace

Result<Millis> parse_duration(std::string_view text) {
    const auto number = digits(text);
    const auto unit = text.substr(number.size());
    if (number.empty()) return bad(text, "is no duration", kWriteDuration);
    if (unit.empty())
        return bad(text, "has no unit",
                   fmt::format("write '{}s' if seconds are meant, else ms, m, h or d", text));
    const auto known = std::find_if(kUnits.begin(), kUnits.end(), [&](auto& u) { return u.first == unit; });
    if (known == kUnits.end())
        return bad(text,
                   unit.front() == '.' || std::any_of(unit.begin(), unit.end(), is_digit)
                       ? "is not one whole number and one unit"
                       : "has an unknown unit",
                   kWriteDuration);
    std::int64_t count = 0;
    const auto [end, ec] = std::from_chars(number.data(), number.data() + number.size(), count);
    if (ec != std::errc{} || count > kLongestTime / known->second)
        return bad(text, "is longer than a year", "write at most 365d");
    return count * known->second;
}

std::string format_duration(Millis duration) {
    for (const auto& [unit, length] : kUnits)
        if (duration % length == 0ms && (duration != 0ms || unit == "s"))
            return fmt::format("{}{}", duration / length, unit);
    return fmt::format("{}ms", duration.count());
}

Result<Size> parse_size(std::string_view text) {
    constexpr const char* write = "write a size as 256MiB, 1GiB or 500MB";
    const auto number = digits(text);
    const auto unit = text.substr(number.size());
    const auto known = std::find_if(kSizes.begin(), kSizes.end(), [&](auto& u) { return u.first == unit; });
    if (number.empty() || known == kSizes.end())
        return bad(text,
                   number.empty() ? "is no size"
                   : unit.empty() ? "has no unit"
                                  : "has an unknown unit",
                   write);
    std::uint64_t count = 0;
    const auto [end, ec] = std::from_chars(number.data(), number.data() + number.size(), count);
    if (ec != std::errc{} || count > (1ULL << 50) / known->second)
        return bad(text, "is larger than any file", write);
    return Size{count * known->second};
}

std::string format_size(Size size) {
    for (const auto& [unit, length] : kSizes)
        if (size.bytes % length == 0 && size.bytes > 0) return fmt::format("{}{}", size.bytes / length, unit);
    return fmt::format("{}KiB", size.bytes / 1024);
}

Result<bool> parse_flag(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return bad(text, "is neither true nor false", "write true or false");
}

Result<std::uint32_t> parse_count(std::string_view text) {
    if (text.empty() || digits(text) != text || (text.size() > 1 && text.front() == '0'))
        return bad(text, "is no whole number", "write it in digits");
    std::uint32_t count = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (ec != std::errc{}) return bad(text, "is too large", "write a smaller number");
    return count;
}

Result<double> parse_percent(std::string_view text) {
    if (text.ends_with('%'))
        return bad(text, "has a sign that is not needed",
                   fmt::format("write {}", escape(trimmed(text.substr(0, text.size() - 1)))));
    const auto whole = digits(text);
    const auto rest = text.substr(whole.size());
    const bool fraction =
        rest.size() > 1 && rest.front() == '.' && digits(rest.substr(1)).size() == rest.size() - 1;
    if (whole.empty() || !(rest.empty() || fraction) || text.size() > 20)
        return bad(text, "is no number", "write a percentage such as 80 or 82.5");
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

Result<RemindSettings> parse_remind(std::string_view text) {
    using How = RemindSettings::How;
    const auto parts = words(text);
    if (parts.size() == 1 && parts[0] == "once") return RemindSettings{};
    if (parts.size() == 1 && parts[0] == "diminishing") return RemindSettings{How::diminishing, 24h};
    if (parts.size() == 1 && parts[0] == "every") return bad(text, "does not say how often", kWriteRemind);
    if (parts.size() != 2 || (parts[0] != "every" && parts[0] != "diminishing"))
        return bad(text, "is no way to remind", kWriteRemind);
    const auto interval = parse_part(parts[1], kWriteRemind);
    if (!interval) return interval.error();
    if (*interval < 1s) return bad(parts[1], "is shorter than a second", kWriteRemind);
    return RemindSettings{parts[0] == "every" ? How::every : How::diminishing, *interval};
}

std::string format_remind(const RemindSettings& remind) {
    switch (remind.how) {
        case RemindSettings::How::once: return "once";
        case RemindSettings::How::every: return "every " + format_duration(remind.interval);
        case RemindSettings::How::diminishing: return "diminishing " + format_duration(remind.interval);
    }
    return {};
}

Result<MaxRunsSettings> parse_max_runs(std::string_view text) {
    const auto parts = words(text);
    if (parts.size() != 3 || parts[1] != "per") return bad(text, "is not 'N per DURATION'", kWriteMaxRuns);
    const auto count = parse_count(parts[0]);
    if (!count) return bad(parts[0], "is no number of runs", kWriteMaxRuns);
    if (*count == 0)
        return bad(text, "would never run",
                   "write 'enabled: false' if the rule is not to run, else '5 per 10m'");
    const auto per = parse_part(parts[2], kWriteMaxRuns);
    if (!per) return per.error();
    return MaxRunsSettings{*count, *per};
}

std::string format_max_runs(const MaxRunsSettings& max_runs) {
    return fmt::format("{} per {}", max_runs.count, format_duration(max_runs.per));
}

Result<BackoffSettings> parse_backoff(std::string_view text) {
    const auto dots = text.find("..");
    const auto first = parse_part(trimmed(text.substr(0, dots)), kWriteBackoff);
    if (!first) return first.error();
    if (dots == std::string_view::npos) return BackoffSettings{*first, *first};
    const auto longest = parse_part(trimmed(text.substr(dots + 2)), kWriteBackoff);
    if (!longest) return longest.error();
    if (*first > *longest)
        return bad(text, "goes from the longer to the shorter",
                   fmt::format("write '{}..{}'", format_duration(*longest), format_duration(*first)));
    return BackoffSettings{*first, *longest};
}

std::string format_backoff(const BackoffSettings& backoff) {
    if (backoff.first == backoff.longest) return format_duration(backoff.first);
    return format_duration(backoff.first) + ".." + format_duration(backoff.longest);
}

} // namespace dmev
