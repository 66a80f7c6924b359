// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace dmev {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kLargest = 1u << 20;

bool is_foreign(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

// How much of LINE, which is not UTF-8, is.
std::size_t valid_prefix(std::string_view line) {
    std::size_t at = 0;
    for (;;) {
        std::size_t length = 1;
        while (length <= 4 && !is_utf8(line.substr(at, length))) ++length;
        if (length > 4) return at;
        at += length;
    }
}

} // namespace

bool check_text(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
    if (text.size() > kLargest) {
        diagnostics.error({file}, "the file is too large", {}, fmt::format("it has {} bytes", text.size()),
                          "a configuration has at most 1 MiB");
        return false;
    }
    for (const auto mark : {"\xFF\xFE"sv, "\xFE\xFF"sv, "\0\0\xFE\xFF"sv})
        if (text.starts_with(mark)) {
            diagnostics.error({file, 1, 1}, "the file is not UTF-8", {}, "it begins as UTF-16 or UTF-32 does",
                              "save it as UTF-8");
            return false;
        }
    if (text.starts_with("\xEF\xBB\xBF")) {
        diagnostics.error({file, 1, 1}, "the file begins with a byte order mark", {}, {},
                          "save it as UTF-8 without one");
        return false;
    }
    // Line by line, so that the place is known without a second search.
    for (std::size_t start = 0; start < text.size();) {
        const auto end = std::min(text.find('\n', start), text.size());
        const auto line = text.substr(start, end - start);
        const auto control = std::find_if(line.begin(), line.end(), is_foreign);
        if (control != line.end()) {
            const auto at = place_of(text, start + static_cast<std::size_t>(control - line.begin()), file);
            diagnostics.error(at, "a control character",
                              fmt::format("0x{:02x}", static_cast<unsigned char>(*control)),
                              "it is not allowed in YAML", "remove it, or write it as \"\\x..\" in quotes");
            return false;
        }
        if (!is_utf8(line)) {
            const auto bad = valid_prefix(line);
            diagnostics.error(place_of(text, start + bad, file), "a byte that is not UTF-8",
                              fmt::format("0x{:02x}", static_cast<unsigned char>(line[bad])), {},
                              "save the file as UTF-8");
            return false;
        }
        start = end + 1;
    }
    return true;
}

Place place_of(std::string_view text, std::size_t offset, const std::string& file) {
    const auto before = text.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n');
    const auto start = before.rfind('\n'); // npos + 1 is 0
    return {file, static_cast<int>(line) + 1, static_cast<int>(offset - (start + 1)) + 1};
}

std::string_view line_of(std::string_view text, int number) {
    for (int line = 1; line < number && !text.empty(); ++line)
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    return number > 0 ? text.substr(0, text.find('\n')) : std::string_view{};
}

bool is_terminated(std::string_view text, std::size_t start) {
    if (start >= text.size()) return true;
    const char quote = text[start];
    if (quote != '"' && quote != '\'') return true;
    for (auto i = start + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return true;
            ++i; // '' is a quote within
        }
    }
    return false;
}

} // namespace dmev
