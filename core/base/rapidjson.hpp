// SPDX-License-Identifier: Apache-2.0
// The JSON library, for the .cpp files that read JSON; writing is JsonWriter's.
#pragma once
#include <istream> // before the library asks for it below: what follows is meant for the library alone
#include <string>
#include <string_view>

// It adds to a null pointer where its stack is still empty: harmless, but the sanitizer counts it.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

namespace dmev {

// Whether TEXT has a zero with an exponent (0e30), of which the library, when it is to read doubles to their
// last digit, makes any other number.
inline bool has_odd_zero(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') quoted = !quoted;
        if (quoted && c == '\\') ++i;
        if (quoted || (c != 'e' && c != 'E')) continue;
        const auto before = text.substr(0, i);
        const auto other = before.find_last_not_of("0.");
        if (other + 1 < before.size() && (other == before.npos || before[other] < '1' || before[other] > '9'))
            return true;
    }
    return false;
}

// TEXT as JSON, doubles to their last digit; why it is none, or empty.
inline std::string parse_exactly(rapidjson::Document& document, std::string_view text) {
    if (has_odd_zero(text)) return "A zero has an exponent.";
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag>(text.data(),
                                                                                        text.size());
    if (!document.HasParseError()) return {};
    return std::string{rapidjson::GetParseError_En(document.GetParseError())} + " (at byte " +
           std::to_string(document.GetErrorOffset() + 1) + ")";
}

} // namespace dmev
