// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace dmev {
namespace {

// Length of the valid UTF-8 sequence at the front, or 0. Refuses overlong forms, surrogates and > U+10FFFF.
size_t sequence(std::string_view s) {
    const auto at = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
    const auto tail = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return i < s.size() && at(i) >= low && at(i) <= high;
    };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
        return tail(1, low, high) && tail(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
        return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

// What a terminal obeys or turns around: C0, DEL, C1, line and paragraph separators, marks of direction.
bool unprintable(std::string_view character) {
    const auto at = [&](size_t i) { return static_cast<unsigned char>(character[i]); };
    if (character.size() == 1) return at(0) < 0x20 || at(0) == 0x7F;
    if (character.size() == 2) return at(0) == 0xC2 && at(1) < 0xA0;
    if (character.size() != 3 || at(0) != 0xE2) return false;
    return (at(1) == 0x80 && ((at(2) >= 0x8E && at(2) <= 0x8F) || (at(2) >= 0xA8 && at(2) <= 0xAE))) ||
           (at(1) == 0x81 && at(2) >= 0xA6 && at(2) <= 0xA9);
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

// Does the set at the front of PATTERN ("[...]") hold C? Removes the set; none when it is not closed.
std::optional<bool> match_set(std::string_view& pattern, char c) {
    auto rest = pattern.substr(1);
    const bool inverted = !rest.empty() && (rest.front() == '!' || rest.front() == '^');
    if (inverted) rest.remove_prefix(1);
    const auto close = rest.find(']', 1);
    if (close == std::string_view::npos) return std::nullopt;
    bool in = false;
    for (size_t i = 0; i < close; ++i) {
        if (i + 2 < close && rest[i + 1] == '-') {
            in |= rest[i] <= c && c <= rest[i + 2];
            i += 2;
        } else {
            in |= rest[i] == c;
        }
    }
    pattern = rest.substr(close + 1);
    return in != inverted;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Changes of a letter, without regard to case, that make B out of A.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = std::exchange(row[0], i);
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t replaced = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

} // namespace

bool is_utf8(std::string_view bytes) {
    // ASCII is told by the eight.
    for (std::uint64_t eight; bytes.size() >= sizeof eight; bytes.remove_prefix(sizeof eight)) {
        std::memcpy(&eight, bytes.data(), sizeof eight);
        if (eight & 0x8080808080808080U) break;
    }
    while (!bytes.empty()) {
        const auto n = sequence(bytes);
        if (n == 0) return false;
        bytes.remove_prefix(n);
    }
    return true;
}

std::string repair_utf8(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const auto n = sequence(bytes);
        if (n == 0)
            out += "\xEF\xBF\xBD";
        else
            out += bytes.substr(0, n);
        bytes.remove_prefix(std::max<size_t>(n, 1));
    }
    return out;
}

std::string escape(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const auto n = sequence(bytes);
        if (n == 0 || unprintable(bytes.substr(0, n))) {
            for (size_t i = 0; i < std::max<size_t>(n, 1); ++i)
                fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(bytes[i]));
        } else if (bytes.front() == '\\') {
            out += "\\\\";
        } else {
            out += bytes.substr(0, n);
        }
        bytes.remove_prefix(std::max<size_t>(n, 1));
    }
    return out;
}

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes)
        fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
    return out;
}

std::string unmangle(std::string_view name) {
    std::string out;
    for (size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '\\' && i + 3 < name.size() && name[i + 1] == 'x') {
            const auto high = hex_digit(name[i + 2]), low = hex_digit(name[i + 3]);
            if (high && low) {
                out += static_cast<char>(*high * 16 + *low);
                i += 3;
                continue;
            }
        }
        out += name[i];
    }
    return out;
}

bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

bool glob_match(std::string_view pattern, std::string_view text) {
    // On a mismatch the last star takes one byte more: linear in practice, quadratic at worst.
    std::optional<std::pair<std::string_view, std::string_view>> star;
    for (;;) {
        if (!pattern.empty() && pattern.front() == '*') {
            pattern.remove_prefix(1);
            star = {pattern, text};
            continue;
        }
        if (text.empty() && pattern.empty()) return true;
        bool matched = false;
        if (!text.empty() && !pattern.empty()) {
            auto after = pattern.substr(1);
            if (pattern.front() == '?') {
                matched = true;
            } else if (pattern.front() == '[') {
                auto rest = pattern;
                const auto in = match_set(rest, text.front());
                matched = in ? *in : text.front() == '[';
                if (in) after = rest;
            } else {
                matched = pattern.front() == text.front();
            }
            if (matched) {
                pattern = after;
                text.remove_prefix(1);
            }
        }
        if (matched) continue;
        if (!star || star->second.empty()) return false;
        star->second.remove_prefix(1);
        std::tie(pattern, text) = *star;
    }
}

std::string_view nearest(std::string_view word, std::span<const std::string> candidates) {
    std::string_view best;
    size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
    for (const auto& candidate : candidates) {
        const auto d = distance(word, candidate);
        if (d < best_distance) {
            best_distance = d;
            best = candidate;
        }
    }
    return best;
}

} // namespace dmev
