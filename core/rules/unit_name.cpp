// SPDX-License-Identifier: Apache-2.0
#include "rules/unit_name.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "rules/placeholders.hpp"

namespace dmev {
namespace {

constexpr std::string_view kStart = "start ";
constexpr std::size_t kLongest = 255;
// Devices and scopes cannot be started.
constexpr std::array<std::string_view, 9> kKinds{"service", "socket",    "target", "timer", "path",
                                                 "mount",   "automount", "swap",   "slice"};

Error bad(std::string_view unit, std::string why, std::string remedy) {
    return {ErrorKind::bad_config, "bad unit name", "'" + escape(unit) + "'", std::move(why),
            std::move(remedy)};
}

bool is_unit_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{":-_.\\@"}.find(c) != std::string_view::npos;
}

// TEXT with an x for each placeholder and brace. REQUIRES: its placeholders are sound.
std::string without_placeholders(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
        if (text[i] != '{' && text[i] != '}') {
            out += text[i];
            continue;
        }
        out += doubled ? text[i] : 'x';
        i = doubled ? i + 1 : text.find('}', i);
    }
    return out;
}

} // namespace

Result<> check_start_unit(std::string_view text) {
    if (!text.starts_with(kStart) || text.size() == kStart.size())
        return Error{ErrorKind::bad_config, "bad systemd action", "'" + escape(text) + "'",
                     "units can be started and nothing else", "write 'start UNIT'"};
    const auto unit = text.substr(kStart.size());
    if (auto checked = check_placeholders(unit); !checked) return checked;
    const auto at = unit.find('@');
    if (unit.find('{') < at)
        return bad(unit, "a placeholder may stand in the instance only",
                   "write it behind the @, as in 'start note@{device}'");
    const auto plain = without_placeholders(unit);
    const auto strange = std::find_if_not(plain.begin(), plain.end(), is_unit_character);
    if (strange != plain.end())
        return bad(unit, "it has '" + escape(std::string_view{&*strange, 1}) + "'",
                   "letters, digits and :-_.\\@ may be in it");
    if (plain.size() > kLongest) return bad(unit, "it is longer than 255", "");
    if (at == 0 || plain.front() == '.') return bad(unit, "it has no name before it", "");
    const auto dot = unit.rfind('.');
    const auto last_brace = unit.rfind('}');
    if (dot != std::string_view::npos && (last_brace == std::string_view::npos || dot > last_brace) &&
        std::find(kKinds.begin(), kKinds.end(), unit.substr(dot + 1)) == kKinds.end())
        return bad(unit, "'" + escape(unit.substr(dot)) + "' is no kind of unit that can be started",
                   "end it with .service");
    return {};
}

} // namespace dmev
