// SPDX-License-Identifier: Apache-2.0
// --launcher and --historian: what is done for who watches, in services of their own.
#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/log.hpp"
#include "cli/launchers.hpp"
#include "cli/modes.hpp"
#include "process/launcher_service.hpp"
#include "process/service_socket.hpp"
#include "service/notify.hpp"
#include "store/store_main.hpp"

namespace dmev {

Result<int> launcher_mode(const Options& options) {
    auto notify = Notify::from_environment();
    std::error_code ignored;
    std::filesystem::create_directory(options.run_dir, ignored); // one that cannot be made is told of below
    auto socket = ListeningSocket::open(options.run_dir + "/launcher.sock", SOCK_SEQPACKET);
    if (!socket) return socket.error();
    stay_in_memory();
    const auto served = serve_connections(socket->get(), launcher_bodies(), [&] {
        log::info("programs are started for who asks");
        notify.ready("starting programs for who asks");
    });
    notify.stopping();
    if (!served) return served.error();
    return 0;
}

Result<int> historian_mode(const Options& options) {
    auto notify = Notify::from_environment();
    std::error_code ignored;
    std::filesystem::create_directory(options.run_dir, ignored); // one that cannot be made is told of below
    auto socket = ListeningSocket::open(options.run_dir + "/history.sock", SOCK_STREAM);
    if (!socket) return socket.error();
    umask(0077);
    const auto served = serve_history(socket->get(), [&] { notify.ready("writing the history"); });
    notify.stopping();
    if (!served) return served.error();
    return 0;
}

} // namespace dmev
