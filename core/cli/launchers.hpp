// SPDX-License-Identifier: Apache-2.0
// Who starts processes for us: our own launcher, and the service that programs are asked of.
#pragma once
#include "cli/options.hpp"
#include "process/launcher.hpp"

namespace dmev {

// What readers and shepherds do. No reader is forked by a launcher that serves others.
Launcher::Bodies launcher_bodies();

// For who runs long: the program stays in memory, whatever becomes of the disk it lies on, where we may.
void stay_in_memory();

// The launcher service that OPTIONS name, connected to where it is there already.
Launcher launcher_service(const Options& options);

} // namespace dmev
