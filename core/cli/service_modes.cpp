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

namespace {

// SERVE what comes to the socket NAME in the run directory, until it is told to end.
template <class Serve>
Result<int> be_service(const Options& options, const char* name, int type, Serve serve) {
    auto notify = Notify::from_environment();
    std::error_code ignored;
    std::filesystem::create_directory(options.run_dir, ignored); // one that cannot be made is told of below
    auto socket = ListeningSocket::open(options.run_dir + "/" + name, type);
    if (!socket) return socket.error();
    const Result<> served = serve(socket->get(), notify);
    notify.stopping();
    if (!served) return served.error();
    return 0;
}

} // namespace

Result<int> launcher_mode(const Options& options) {
    return be_service(options, "launcher.sock", SOCK_SEQPACKET, [](int listening, Notify& notify) {
        stay_in_memory();
        return serve_connections(listening, launcher_bodies(), [&] {
            log::info("programs are started for who asks");
            notify.ready("starting programs for who asks");
        });
    });
}

Result<int> historian_mode(const Options& options) {
    return be_service(options, "history.sock", SOCK_STREAM, [](int listening, Notify& notify) {
        umask(0077);
        return serve_history(listening, [&] { notify.ready("writing the history"); });
    });
}

} // namespace dmev
