// SPDX-License-Identifier: Apache-2.0
// How lvm takes a line of a script apart: at blanks, unless an argument begins with a quote; # ends it.
#pragma once
#include <string>
#include <vector>

namespace dmev {

inline std::vector<std::string> split_as_lvm(const std::string& line) {
    std::vector<std::string> arguments;
    const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    for (std::size_t at = 0;;) {
        while (at < line.size() && blank(line[at])) ++at;
        if (at == line.size() || line[at] == '#') return arguments;
        const char quote = line[at] == '\'' || line[at] == '"' ? line[at++] : '\0';
        const auto begin = at;
        while (at < line.size() && (quote != '\0' ? line[at] != quote : !blank(line[at]))) ++at;
        arguments.push_back(line.substr(begin, at - begin));
        if (at++ >= line.size()) return arguments;
    }
}

} // namespace dmev
