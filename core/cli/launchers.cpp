// SPDX-License-Identifier: Apache-2.0
#include "cli/launchers.hpp"

#include "action/managers.hpp"
#include "base/log.hpp"
#include "source/reader.hpp"

namespace dmev {
namespace {

// A manager that does not answer acts on nothing either.
bool is_managed(const std::string& who, const std::string& about) {
    return managed_by(who, about) == Managed::yes;
}

} // namespace

Launcher::Bodies launcher_bodies() { return {reader_main, is_managed}; }

Launcher launcher_service(const Options& options) {
    auto launcher = Launcher::at(options.launcher_socket);
    // Now, and not when the first program waits: its start may need a disk.
    if (auto r = launcher.connect(); !r)
        log::warning("{}; until then no program can be started", r.error().text());
    return launcher;
}

std::string default_launcher_socket(const Options& options) { return options.run_dir + "/launcher.sock"; }

} // namespace dmev
