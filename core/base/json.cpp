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

// Of every byte: is it ASCII that stands for itself?
constexpr auto kPlain = [] {
    std::array<bool, 256> is{};
    for (unsigned c = 0x20; c < 0x7F; ++c) is[c] = c != '"' && c != '\\';
    return is;
}();

// A closure, so that it is inlined where it is handed on.
constexpr auto stands_for_itself = [](char c) { return kPlain[static_cast<unsigned char>(c)]; };

bool is_plain(std::string_view text) { return std::all_of(text.begin(), text.end(), stands_for_itself); }

} // namespace

void JsonWriter::separate() {
    if (comma_) out_ += ',';
    comma_ = true;
}

// TEXT is UTF-8. C1 need not be escaped, but a terminal may obey it.
void JsonWriter::quote(std::string_view text) {
    out_ += '"';
    while (!text.empty()) {
        const auto special = std::find_if_not(text.begin(), text.end(), stands_for_itself);
        const auto plain = static_cast<std::size_t>(special - text.begin());
        out_ += text.substr(0, plain);
        text.remove_prefix(plain);
        if (!text.empty()) text.remove_prefix(escape_first(text));
    }
    out_ += '"';
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
    value(name);
    out_ += ':';
    comma_ = false;
    return *this;
}
JsonWriter& JsonWriter::value(std::string_view text) {
    separate();
    if (is_plain(text)) {
        out_ += '"';
        out_ += text;
        out_ += '"';
    } else {
        quote(is_utf8(text) ? text : repair_utf8(text));
    }
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
JsonWriter& JsonWriter::null() {
    separate();
    out_ += "null";
    return *this;
}

} // namespace dmev
