// SPDX-License-Identifier: Apache-2.0
// Captured uevents with what the plugin must say of them, read from testdata/*.uevents.
#pragma once
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cases.hpp"

namespace testing_plugins {

struct UeventCase {
    std::string place; // file:line
    dmev::UeventReading uevent;
    std::vector<std::string> expected;
};

inline std::vector<std::string> words_in(const std::string& text) {
    std::istringstream in{text};
    return {std::istream_iterator<std::string>{in}, {}};
}

inline std::vector<UeventCase> read_uevents(const std::filesystem::path& file) {
    std::vector<UeventCase> cases;
    std::ifstream in{file};
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        const auto from = line.find(" |"), to = line.rfind(" |");
        if (line.starts_with('#') || from == line.npos || to == from) continue;
        UeventCase one;
        one.place = file.filename().string() + ":" + std::to_string(number);
        for (const auto& variable : words_in(line.substr(from + 2, to - from - 2))) {
            const auto equals = variable.find('=');
            one.uevent.env.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
        }
        one.expected = words_in(line.substr(to + 2));
        cases.push_back(std::move(one));
    }
    return cases;
}

} // namespace testing_plugins
