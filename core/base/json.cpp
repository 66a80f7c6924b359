// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "base/text.hpp"

namespace dmev {
namespace {

// Of every byte: is it anything but ASCII that stands for itself?
constexpr auto kSpecial = [] {
    std::array<unsigned char, 256> is{};
    for (unsigned c = 0; c < is.size(); ++c) is[c] = c < 0x20 || c >= 0x7F || c == '"' || c == '\\';
    return is;
}();

// A closure, so that it is inlined where it is handed on.
constexpr auto stands_for_itself = [](char c) { return !kSpecial[static_cast<unsigned char>(c)]; };

} // namespace

void JsonWriter::separate() {
    if (comma_) out_ += ',';
    comma_ = true;
}

// Nearly all text is short and stands for itself: it is checked while it is copied, and appended at once
// with what is around it.
void JsonWriter::put(std::string_view text, bool is_key) {
    constexpr std::size_t kShort = 64;
    std::array<char, kShort + 4> whole;
    char* end = whole.data();
    if (comma_) *end++ = ',';
    *end++ = '"';
    if (text.size() <= kShort) {
        unsigned special = 0;
        for (const char c : text) {
            special |= kSpecial[static_cast<unsigned char>(c)];
            *end++ = c;
        }
        if (!special) {
            *end++ = '"';
            if (is_key) *end++ = ':';
            out_.append(whole.data(), static_cast<std::size_t>(end - whole.data()));
            comma_ = true;
            return;
        }
    }
    separate();
    out_ += '"';
    quote(is_utf8(text) ? text : repair_utf8(text));
    out_ += '"';
    if (is_key) out_ += ':';
}

// TEXT is UTF-8. C1 need not be escaped, but a terminal may obey it.
void JsonWriter::quote(std::string_view text) {
    while (!text.empty()) {
        const auto special = std::find_if_not(text.begin(), text.end(), stands_for_itself);
        const auto plain = static_cast<std::size_t>(special - text.begin());
        out_ += text.substr(0, plain);
        text.remove_prefix(plain);
        if (!text.empty()) text.remove_prefix(escape_first(text));
    }
}

// How many bytes of TEXT it has dealt with.
std::size_t JsonWriter::escape_first(std::string_view text) {
    const auto c = static_cast<unsigned char>(text[0]);
    if (c == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0) {
        fmt::format_to(std::back_inserter(out_), "\\u00{:02x}", static_cast<unsigned char>(text[1]));
        return 2;
    }
    switch (c) {
        case '"': out_ += "\\\""; break;
        case '\\': out_ += "\\\\"; break;
        case '\n': out_ += "\\n"; break;
        case '\t': out_ += "\\t"; break;
        default:
            if (c < 0x20 || c == 0x7F)
                fmt::format_to(std::back_inserter(out_), "\\u{:04x}", c);
            else
                out_ += text[0];
    }
    return 1;
}

JsonWriter& JsonWriter::begin_object() {
    separate();
    out_ += '{';
    comma_ = false;
    return *this;
}
JsonWriter& JsonWriter::end_object() {
    out_ += '}';
    comma_ = true;
    return *this;
}
JsonWriter& JsonWriter::begin_array() {
    separate();
    out_ += '[';
    comma_ = false;
    return *this;
}
JsonWriter& JsonWriter::end_array() {
    out_ += ']';
    comma_ = true;
    return *this;
}
JsonWriter& JsonWriter::key(std::string_view name) {
    put(name, true);
    comma_ = false;
    return *this;
}
JsonWriter& JsonWriter::value(std::string_view text) {
    put(text, false);
    return *this;
}
JsonWriter& JsonWriter::value(bool flag) {
    separate();
    out_ += flag ? "true" : "false";
    return *this;
}
JsonWriter& JsonWriter::value(std::uint64_t number) {
    separate();
    const fmt::format_int digits{number};
    out_.append(digits.data(), digits.size());
    return *this;
}
JsonWriter& JsonWriter::value(std::int64_t number) {
    separate();
    const fmt::format_int digits{number};
    out_.append(digits.data(), digits.size());
    return *this;
}
JsonWriter& JsonWriter::value(double number) {
    if (!std::isfinite(number)) return null();
    separate();
    fmt::format_to(std::back_inserter(out_), "{}", number);
    return *this;
}
JsonWriter& JsonWriter::null() { return raw("null"); }
JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

} // namespace dmev
