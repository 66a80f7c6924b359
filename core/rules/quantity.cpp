// SPDX-License-Identifier: Apache-2.0
#include "rules/quantity.hpp"

#include <charconv>
#include <cmath>

namespace dmev {
namespace {

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

} // namespace dmev
