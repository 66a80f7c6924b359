// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plugin/loader.hpp"

namespace dmev {

namespace fs = std::filesystem;

std::vector<fs::path> plugin_directories_of(const fs::path& program) {
    const auto build = program.parent_path().parent_path();
    std::error_code ec;
    std::vector<fs::path> found;
    // Both, so that nothing called "core" in an installed tree is taken for a build.
    if (program.parent_path().filename() == "core" && fs::exists(build / "build.ninja", ec))
        for (fs::directory_iterator it{build / "plugins", ec}, end; !ec && it != end; it.increment(ec))
            if (std::error_code other; it->is_directory(other) && it->path().extension() != ".p")
                found.push_back(it->path());
    std::sort(found.begin(), found.end());
    if (found.empty()) found.emplace_back(DMEVENT_PLUGIN_DIR);
    return found;
}

std::vector<fs::path> default_plugin_directories() {
    std::error_code ec;
    return plugin_directories_of(fs::read_symlink("/proc/self/exe", ec));
}

} // namespace dmev
