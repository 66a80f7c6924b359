// SPDX-License-Identifier: Apache-2.0
#include "action/systemd_unit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "action/placeholders.hpp"

namespace dmev {
namespace {

constexpr std::size_t longest_unit = 255;
constexpr std::array<std::string_view, 10> suffixes{".service", ".socket",    ".target", ".device", ".mount",
                                                    ".swap",    ".automount", ".timer",  ".path",   ".slice"};

bool stays(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '_' || c == '.';
}

// What stands behind the last placeholder.
std::string_view tail(std::string_view text) {
    const auto brace = text.rfind('}');
    return brace == text.npos ? text : text.substr(brace + 1);
}

Error refusal(std::string unit, std::string why) {
    return {ErrorKind::failed, "cannot start unit", std::move(unit), std::move(why), {}};
}

} // namespace

std::string systemd_escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '/')
            out += '-';
        else if (stays(c) && !(c == '.' && out.empty()))
            out += c;
        else
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return out;
}

Result<std::string> unit_name(std::string_view text, const Firing& firing, std::string_view action) {
    constexpr std::string_view verb = "start ";
    if (!text.starts_with(verb)) return refusal(std::string{text}, "it is not 'start UNIT'");
    text.remove_prefix(verb.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    auto unit = expand(text, firing, action, systemd_escape);
    if (!unit) return unit;
    const auto own = tail(text);
    if (std::none_of(suffixes.begin(), suffixes.end(), [&](auto s) { return own.ends_with(s); }))
        *unit += ".service";
    if (const auto at = unit->find('@');
        at != unit->npos && (*unit)[at + 1] == '.' && text.find('{') != text.npos)
        return refusal(*unit, "its instance would be empty");
    if (unit->size() > longest_unit) return refusal(*unit, "its name would be longer than 255 bytes");
    return unit;
}

} // namespace dmev
