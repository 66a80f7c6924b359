// SPDX-License-Identifier: Apache-2.0
#include "cli/launchers.hpp"

#include <unistd.h>

#include <ctime>
#include <string_view>

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

// What only libdevmapper brings, for nodes that nobody makes here; and a configuration is read by a thread
// that nobody waits for. libdevmapper itself stays: readers find it in the pages that are held here.
constexpr std::string_view unused_here[] = {"libpcre2-", "libselinux.so", "libudev.so", "libyaml-cpp.so"};

} // namespace

Launcher::Bodies launcher_bodies() { return {reader_main, is_managed, true, store_main}; }

void stay_in_memory() {
    tzset(); // or the first line with a local time would look for the zone's file
    stay_when_memory_runs_out();
    if (const auto locked = lock_memory(unused_here))
        log::debug("the program and the libraries that it needs are locked in memory: {} KiB", *locked >> 10);
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
