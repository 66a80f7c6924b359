// SPDX-License-Identifier: Apache-2.0
#include "plugin/loader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/log.hpp"
#include "plugin/library.hpp"
#include "plugin/preflight.hpp"
#include "plugin/trial.hpp"

namespace dmev {
namespace {

namespace fs = std::filesystem;

// The plugins of one directory by file name. Hidden files are what installers write before they rename.
Result<std::vector<fs::path>> plugin_files(const fs::path& directory) {
    std::vector<fs::path> files;
    std::error_code ec;
    for (fs::directory_iterator it{directory, ec}, end; !ec && it != end; it.increment(ec))
        if (const auto name = it->path().filename(); name.extension() == ".so" && name.native()[0] != '.')
            files.push_back(it->path());
    if (ec)
        return Error{ErrorKind::failed, "cannot read plugin directory", directory, ec.message(),
                     "install the plugins there, or name another with --plugin-dir"};
    std::sort(files.begin(), files.end());
    return files;
}

std::string called(const Family& family) {
    return family.file.empty() ? fmt::format("'{}' of this program", family.name)
                               : fmt::format("plugin '{}' ({})", family.name, family.file);
}

// Which name of FAMILY somebody before it has, and who; empty when it may join.
std::string conflict(const Family& family, const Catalogue& catalogue) {
    if (const auto* first = catalogue.family(family.name))
        return fmt::format("its name '{}' is taken by {}", family.name, called(*first));
    for (const auto& other : catalogue.families()) {
        for (const auto& claim : family.claims)
            for (const auto& taken : other.claims)
                if (claim.target == taken.target)
                    return fmt::format("target type '{}' is claimed by {}", claim.target, called(other));
        for (const auto& type : family.types)
            for (const auto& word : {type.name, type.alias})
                for (const auto& taken : other.types)
                    if (!word.empty() && (word == other.name || word == taken.name || word == taken.alias))
                        return fmt::format("the name '{}' of an event type is taken by {}", word,
                                           called(other));
    }
    return {};
}

Result<Plugin> load(const fs::path& named, const LoadOptions& options, Catalogue& catalogue) {
    const auto file = preflight(named, geteuid());
    if (!file) return file.error();
    if (auto trial = try_library(*file, options.trial_limit); !trial) return std::move(trial).error();
    auto plugin = open_library(*file);
    if (!plugin) return plugin;
    if (auto taken = conflict(plugin->family(), catalogue); !taken.empty())
        return Error{ErrorKind::failed, "plugin refused", *file, std::move(taken),
                     "remove one of the two, or name the directory of the one you want first"};
    catalogue.add(plugin->family());
    return plugin;
}

} // namespace

Loaded load_plugins(const LoadOptions& options, Catalogue& catalogue) {
    Loaded loaded;
    std::map<fs::path, fs::path> seen; // file name -> where it was loaded from
    for (const auto& directory : options.directories) {
        auto files = plugin_files(directory);
        if (!files) {
            loaded.refused.push_back(std::move(files).error());
            continue;
        }
        for (const auto& file : *files) {
            if (const auto first = seen.find(file.filename()); first != seen.end()) {
                log::info("plugin {} is hidden by {}", escape(file.native()), escape(first->second.native()));
            } else if (auto plugin = load(file, options, catalogue)) {
                loaded.plugins.push_back(*std::move(plugin));
                seen.emplace(file.filename(), file);
            } else {
                loaded.refused.push_back(std::move(plugin).error());
            }
        }
    }
    return loaded;
}

} // namespace dmev
