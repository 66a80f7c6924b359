// SPDX-License-Identifier: Apache-2.0
// --launcher: starts programs for who watches, in a service of its own.
#include <sys/stat.h>

#include <filesystem>

#include "base/log.hpp"
#include "cli/launchers.hpp"
#include "cli/modes.hpp"
#include "process/launcher_service.hpp"
#include "service/notify.hpp"

namespace dmev {

Result<int> launcher_mode(const Options& options) {
    auto notify = Notify::from_environment();
    std::error_code ignored;
    std::filesystem::create_directory(options.run_dir, ignored); // one that cannot be made is told of below
    auto socket = LauncherSocket::open(default_launcher_socket(options));
    if (!socket) return socket.error();
    const auto served = serve_connections(socket->get(), launcher_bodies(), [&] {
        log::info("programs are started for who asks");
        notify.ready("starting programs for who asks");
    });
    notify.stopping();
    if (!served) return served.error();
    return 0;
}

} // namespace dmev
