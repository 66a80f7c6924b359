// SPDX-License-Identifier: Apache-2.0
// What the benchmarks of the pure core work on: the shipped plugins, loaded as the program loads them, and
// the observations of the recording that the environment names (RECORDING; bench/lib/recordings.py makes
// one).
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "model/catalogue.hpp"
#include "model/observation.hpp"
#include "plugin/plugin.hpp"

namespace bench {

struct World {
    World();
    dmev::Catalogue catalogue;
    std::vector<dmev::Plugin> plugins;
    std::vector<dmev::Observation> observations;
};

// Read once, by the first who asks. What cannot be read ends the program, with the reason.
const World& world();

// A target as a plugin's captured cases show it (plugins/NAME/testdata).
struct Line {
    std::string type, table, status;
    std::uint64_t length = 0;
};
std::vector<Line> captured(const std::string& plugin);

} // namespace bench
