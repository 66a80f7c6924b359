// SPDX-License-Identifier: Apache-2.0
#include "rules/placeholders.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace dmev {
namespace {

constexpr std::string_view kData = "data.";

Error wrong(std::string what, std::string object, std::string remedy) {
    return {ErrorKind::bad_config, std::move(what), std::move(object), "", std::move(remedy)};
}

Error unknown(std::string_view name) {
    std::string remedy = "write {{ for a brace";
    if (const auto guess = nearest(name, placeholder_names()); !name.empty() && !guess.empty())
        remedy = "did you mean {" + std::string{guess} + "}?";
    else if (!name.empty() && name.find_first_of(" \":,") == std::string_view::npos)
        remedy = "a field of the event's data is written {data.NAME}";
    return wrong("unknown placeholder", "'{" + escape(name) + "}'", std::move(remedy));
}

} // namespace

const std::vector<std::string>& placeholder_names() {
    static const std::vector<std::string> names{
        "id",     "time", "type", "family", "severity", "state",     "message",
        "device", "uuid", "path", "major",  "minor",    "vg",        "lv",
        "target", "part", "rule", "action", "attempt",  "coalesced", "reminder"};
    return names;
}

bool is_placeholder(std::string_view name) {
    if (name.starts_with(kData)) return name.size() > kData.size();
    const auto& names = placeholder_names();
    return std::find(names.begin(), names.end(), name) != names.end();
}

Result<> check_placeholders(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '{' && text[i] != '}') continue;
        if (i + 1 < text.size() && text[i + 1] == text[i]) {
            ++i;
            continue;
        }
        if (text[i] == '}')
            return wrong("'}' without '{' in", "'" + escape(text) + "'", "write }} for a brace");
        const auto end = text.find_first_of("{}", i + 1);
        if (end == std::string_view::npos || text[end] == '{')
            return wrong("'{' is not closed in", "'" + escape(text) + "'", "write {{ for a brace");
        const auto name = text.substr(i + 1, end - i - 1);
        if (!is_placeholder(name)) return unknown(name);
        i = end;
    }
    return {};
}

} // namespace dmev
