// SPDX-License-Identifier: Apache-2.0
#include "rules/quantity.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace dmev {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

// What a suffix multiplies by: k M G T P by thousands, Ki Mi.. by 1024s, each with or without B.
std::optional<double> factor(std::string_view suffix) {
    if (suffix.empty() || suffix == "%" || suffix == "B") return 1;
    if (suffix.ends_with('B')) suffix.remove_suffix(1);
    const bool binary = suffix.ends_with('i');
    if (binary) suffix.remove_suffix(1);
    if (suffix.size() != 1) return std::nullopt;
    const auto power = std::string_view{"kMGTP"}.find(suffix == "K" ? 'k' : suffix[0]);
    if (power == std::string_view::npos) return std::nullopt;
    return std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(power + 1));
}

} // namespace

std::optional<double> parse_amount(std::string_view text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    if (parsed.ec != std::errc{} || !std::isfinite(number)) return std::nullopt;
    const auto times = factor({parsed.ptr, static_cast<std::size_t>(end - parsed.ptr)});
    if (!times) return std::nullopt;
    return number * *times;
}

std::optional<Millis> parse_duration(std::string_view text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc{} || number < 0) return std::nullopt;
    const std::string_view unit{parsed.ptr, static_cast<std::size_t>(end - parsed.ptr)};
    // Longer than a hundred years is no wait that anybody means, and must not overflow the clock.
    constexpr std::int64_t most = 36'525LL * 86'400'000;
    for (const auto& [name, millis] : kUnits)
        if (unit == name && number <= most / millis) return Millis{number * millis};
    return std::nullopt;
}

std::string duration_text(Millis duration) {
    if (duration == Millis{0}) return "0s";
    for (const auto& [name, millis] : kUnits)
        if (duration.count() % millis == 0)
            return std::to_string(duration.count() / millis) + std::string{name};
    return {};
}

} // namespace dmev
