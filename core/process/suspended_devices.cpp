// SPDX-License-Identifier: Apache-2.0
#include "process/suspended_devices.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/fd.hpp"

namespace dmev {
namespace {

// An attribute without its line's end; a name may hold newlines of its own.
std::string attribute(const std::string& path) {
    const Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    char buffer[512];
    const auto n = file ? read(file.get(), buffer, sizeof buffer) : -1;
    if (n <= 0) return "";
    std::string text(buffer, static_cast<std::size_t>(n));
    if (text.back() == '\n') text.pop_back();
    return text;
}

} // namespace

std::vector<std::string> suspended_devices(const std::string& block) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> dir{opendir(block.c_str()), closedir};
    if (!dir) return names;
    while (const auto* entry = readdir(dir.get())) {
        if (!std::string_view{entry->d_name}.starts_with("dm-")) continue;
        const auto dm = block + "/" + entry->d_name + "/dm/";
        if (attribute(dm + "suspended") != "1") continue;
        auto name = attribute(dm + "name");
        names.push_back(name.empty() ? entry->d_name : std::move(name));
    }
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace dmev
