// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "plugin/library.hpp"
#include "source/recording.hpp"

namespace bench {
namespace {

[[noreturn]] void give_up(const std::string& why) {
    std::cerr << "core_bench: " << why << "\n";
    std::exit(1);
}

} // namespace

World::World() {
    for (const char* name : {"mirror", "multipath", "raid", "thin"}) {
        const std::string file = std::string{PLUGINS_DIR} + "/" + name + "/" + name + ".so";
        auto plugin = dmev::open_library(file);
        if (!plugin) give_up(plugin.error().text());
        catalogue.add(plugin->family());
        plugins.push_back(*std::move(plugin));
    }
    const char* const recording = std::getenv("RECORDING");
    if (!recording) give_up("RECORDING names no recording");
    const auto read = dmev::replay(
        recording, [&](dmev::Observation&& seen) { observations.push_back(std::move(seen)); },
        [](const dmev::Error& bad) { give_up(bad.text()); });
    if (!read) give_up(read.error().text());
}

const World& world() {
    static const World only;
    return only;
}

std::vector<Line> captured(const std::string& plugin) {
    std::vector<Line> lines;
    const std::filesystem::path directory = std::string{SOURCE_ROOT} + "/plugins/" + plugin + "/testdata";
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        if (entry.path().extension() != ".status") continue;
        std::ifstream file{entry.path()};
        Line line;
        for (std::string text; std::getline(file, text);) {
            std::istringstream words{text};
            std::string first;
            words >> first;
            if (first == "target") words >> line.type >> line.length;
            if (first == "table") line.table = text.substr(std::min<std::size_t>(6, text.size()));
            const auto begin = text.find("| "), end = text.rfind(" |");
            if (first.empty() || first.starts_with('#') || begin == text.npos || end <= begin) continue;
            line.status = text.substr(begin + 2, end - begin - 2);
            lines.push_back(line);
        }
    }
    if (lines.empty()) give_up("no captured status lines in " + directory.string());
    return lines;
}

} // namespace bench
