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

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return kPlain[static_cast<unsigned char>(c)]; });
}

} // namespace

void JsonWriter::separate() {
    if (comma_) out_ += ',';
    comma_ = true;
}

// TEXT is UTF-8. C1 need not be escaped, but a terminal may obey it.
void JsonWriter::quote(std::string_view text) {
    out_ += '"';
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\xC2' && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
            fmt::format_to(std::back_inserter(out_), "\\u00{:02x}", static_cast<unsigned char>(text[++i]));
            continue;
        }
        switch (c) {
            case '"': out_ += "\\\""; break;
            case '\\': out_ += "\\\\"; break;
            case '\n': out_ += "\\n"; break;
            case '\t': out_ += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
                    fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned char>(c));
                else
                    out_ += c;
        }
    }
    out_ += '"';
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
