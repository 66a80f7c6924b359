// SPDX-License-Identifier: Apache-2.0
// A directory of our own for plugins of the zoo. They are copied, since a build tree may well be writable by
// a group, and since some are mistreated.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "plugin/loader.hpp"

namespace dmev {

namespace fs = std::filesystem;

class Cage {
 public:
    Cage() {
        auto name = (fs::canonical(fs::temp_directory_path()) / "dmevent-zoo-XXXXXX").native();
        path_ = mkdtemp(name.data());
    }
    ~Cage() { fs::remove_all(path_); }
    Cage(const Cage&) = delete;

    const fs::path& path() const { return path_; }

    // The animal's library under the name AS, or its own.
    fs::path put(const std::string& animal, const std::string& as = {}) const {
        const auto to = path_ / ((as.empty() ? animal : as) + ".so");
        fs::copy_file(fs::path{ZOO_DIR} / (animal + ".so"), to);
        fs::permissions(to, fs::perms{0755});
        return to;
    }
    fs::path write(const std::string& name, const std::string& bytes) const {
        const auto to = path_ / name;
        std::ofstream{to, std::ios::binary} << bytes;
        fs::permissions(to, fs::perms{0644});
        return to;
    }

    Loaded load(Catalogue& catalogue) const { return load_plugins({{path_}}, catalogue); }
    // The one plugin that there is.
    Plugin only() const {
        Catalogue catalogue;
        auto loaded = load(catalogue);
        for (const auto& error : loaded.refused) ADD_FAILURE() << error.text();
        return std::move(loaded.plugins.at(0));
    }

 private:
    fs::path path_;
};

inline std::string bytes_of(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::vector<std::string> names(const Loaded& loaded) {
    std::vector<std::string> out;
    for (const auto& plugin : loaded.plugins) out.push_back(plugin.family().name);
    return out;
}

} // namespace dmev
