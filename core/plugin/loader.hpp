// SPDX-License-Identifier: Apache-2.0
// From directories to plugins that work. A file is looked at before it is mapped, loaded once in a child with
// a time limit, and only then here; one that fails is named with the reason and the others go on.
#pragma once
#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plugin/plugin.hpp"

namespace dmev {

struct LoadOptions {
    std::vector<std::filesystem::path> directories; // searched in this order
    std::chrono::milliseconds trial_limit{5000};
};

struct Loaded {
    std::vector<Plugin> plugins; // in search order, by file name within a directory
    std::vector<Error> refused;  // object: the file; why and remedy say the rest
};

// Loads every *.so of the directories, and adds each family that loaded to CATALOGUE. Of two files of one
// name the first in search order that loads counts, as with two plugins that claim one target type. Forks:
// call it while this process has one thread.
Loaded load_plugins(const LoadOptions& options, Catalogue& catalogue);

// Where plugins are by default: beside a binary that runs from its build tree, that tree's own; else the
// installed directory.
std::vector<std::filesystem::path> default_plugin_directories();

// The same for a program at this path.
std::vector<std::filesystem::path> plugin_directories_of(const std::filesystem::path& program);

} // namespace dmev
