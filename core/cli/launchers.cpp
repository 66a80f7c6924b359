// SPDX-License-Identifier: Apache-2.0
#include "cli/launchers.hpp"

#include <unistd.h>

#include <ctime>

#include "action/managers.hpp"
#include "base/log.hpp"
#include "process/memory.hpp"
#include "source/reader.hpp"
#include "store/store_main.hpp"

namespace dmev {
namespace {

// A manager that does not answer acts on nothing either.
bool is_managed(const std::string& who, const std::string& about) {
    return managed_by(who, about) == Managed::yes;
}

} // namespace

Launcher::Bodies launcher_bodies() { return {reader_main, is_managed, true, store_main}; }

void stay_in_memory() {
    tzset(); // or the first line with a local time would look for the zone's file
    stay_when_memory_runs_out();
    if (const auto locked = lock_memory())
        log::debug("the program and its libraries are locked in memory: {} KiB", *locked >> 10);
    else if (geteuid() == 0)
        log::info("{}; give it CAP_IPC_LOCK", locked.error().text());
    else
        log::debug("{}", locked.error().text());
}

Launcher launcher_service(const Options& options) {
    auto launcher = Launcher::at(options.launcher_socket);
    // Now, and not when the first program waits: its start may need a disk.
    if (auto r = launcher.connect(); !r)
        log::warning("{}; until then no program can be started", r.error().text());
    return launcher;
}

} // namespace dmev
