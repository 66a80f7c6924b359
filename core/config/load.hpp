// SPDX-License-Identifier: Apache-2.0
// Configuration files, as they lie on the disk: their order, whether they can be trusted, the users they
// name.
#pragma once
#include <filesystem>
#include <string>

#include "config/diagnostics.hpp"
#include "config/settings.hpp"

namespace dmev {

// SYSCONFDIR/dmevent_tool as built; "/etc/dmevent_tool" as a rule.
std::filesystem::path config_directory();

struct ConfigPlace {
    // A file that must be there; or, when empty, DIRECTORY/dmevent_tool.yaml and DIRECTORY/conf.d/*.yaml in
    // the order of their names, each only if it is there.
    std::filesystem::path file;
    std::filesystem::path directory = config_directory();
};

// Reads all of it: one file's lists go on where the last one's ended, single values replace the earlier ones,
// a name (action, rule, threshold) may stand once in all. Owned by root or our user and writable by nobody
// else, its directories too. May block: not for the event loop. Never throws.
Settings load_settings(const ConfigPlace& place, Diagnostics& diagnostics);

// One file's text; for tests and the above.
void read_settings(std::string_view text, const std::string& file, Settings& into, Diagnostics& diagnostics);

} // namespace dmev
