// SPDX-License-Identifier: Apache-2.0
// A launcher that is a service of its own: who watches asks it for shepherds over a socket, so that what they
// run belongs to this service and survives the watcher's end.
#pragma once
#include <functional>
#include <string>

#include "process/launcher.hpp"

namespace dmev {

// Forks a process for each connection of root or of our own user, which serves it until either end is gone;
// shepherds outlive both. Returns at SIGTERM or SIGINT. READY is called once it accepts. REQUIRES:
// single-threaded.
Result<> serve_connections(int listening, Launcher::Bodies bodies, const std::function<void()>& ready);

// The life of a process that serves the one who holds the other end of SOCKET. Ends with it.
[[noreturn]] void serve_launcher(int socket, Launcher::Bodies bodies);

} // namespace dmev
