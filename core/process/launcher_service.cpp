// SPDX-License-Identifier: Apache-2.0
#include "process/launcher_service.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/log.hpp"
#include "process/keeper.hpp"
#include "process/launcher_protocol.hpp"
#include "process/memory.hpp"
#include "process/service_socket.hpp"
#include "process/shepherd.hpp"

namespace dmev {
namespace {

// The descriptor a child keeps, always under this number.
constexpr int kept_fd = 3;
constexpr int rest_ms = 1000; // where nobody can be let in

// Keeps SOCKET (as kept_fd) and standard error; 0 and 1 become /dev/null, so that nothing opened later gets
// them.
void keep_only(int socket) {
    const int high = fcntl(socket, F_DUPFD_CLOEXEC, 10);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const bool has_stderr = null != STDERR_FILENO && fcntl(STDERR_FILENO, F_GETFD) >= 0;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (!has_stderr) dup2(null, STDERR_FILENO);
    // Else it would be the launcher's own that is kept.
    if (high < 0 || dup3(high, kept_fd, O_CLOEXEC) < 0) _exit(1);
    closefrom(kept_fd + 1); // close_range, or /proc where the kernel has none
}

// Neither a core file nor another process of the same user may see what goes through: tables can hold keys.
void hide(const char* name) {
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

// The other side's end is the signal to go; a ^C meant for it must not take its helpers first.
void set_signals() {
    for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(ignored, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); // the kernel reaps: nobody asks how a reader ended
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

struct Service {
    Launcher::Bodies bodies;
    rlimit core; // as it was before hide()
};

bool serves(std::uint32_t kind, const Service& service) {
    return kind == shepherd_request || kind == waiting_shepherd_request || kind == keeper_request ||
           (kind == reader_request && service.bodies.reader) ||
           (kind == store_request && service.bodies.store);
}

int be_child(std::uint32_t kind, const Service& service) {
    signal(SIGCHLD, SIG_DFL);
    // Dumpable and limits are the launcher's.
    if (kind == reader_request) {
        prctl(PR_SET_NAME, "dmevent-reader");
        return service.bodies.reader(kept_fd);
    }
    if (kind == store_request) {
        prctl(PR_SET_NAME, "dmevent-store");
        return service.bodies.store(kept_fd);
    }
    if (kind == keeper_request) {
        prctl(PR_SET_NAME, "dmevent-keep");
        return keeper_main(kept_fd);
    }
    prctl(PR_SET_NAME, "dm-shepherd");
    return shepherd_main(kept_fd, {service.bodies.guard, service.core, kind == waiting_shepherd_request});
}

void fork_child(int socket, const LauncherRequest& request, const Service& service) {
    const bool stream = request.kind == reader_request || request.kind == store_request;
    const auto type = stream ? SOCK_STREAM : SOCK_SEQPACKET;
    int ends[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0) {
        send_reply(socket, {request.serial, errno, 0}, -1);
        return;
    }
    const Fd theirs{ends[0]}, childs{ends[1]};
    fcntl(theirs.get(), F_SETFL, O_NONBLOCK);
    const pid_t pid = fork();
    if (pid == 0) {
        keep_only(childs.get());
        _exit(be_child(request.kind, service));
    }
    if (pid < 0)
        send_reply(socket, {request.serial, errno, 0}, -1);
    else
        send_reply(socket, {request.serial, 0, pid}, theirs.get());
}

// A connection's process, forked from PARENT: with it, also when it is killed, since who starts it anew wants
// nothing of the old one to serve on.
[[noreturn]] void serve_connection(int connection, pid_t parent, Launcher::Bodies bodies) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // not for its children
    if (getppid() != parent) _exit(0);
    serve_launcher(connection, bodies);
}

void serve_one(int socket, const Service& service) {
    LauncherRequest request{};
    const auto n = recv(socket, &request, sizeof request, 0);
    if (n == 0) _exit(0); // who asked is gone; children see the same on their sockets
    if (n < 0 && errno == EINTR) return;
    if (n < 0) _exit(1);
    if (n == sizeof request && serves(request.kind, service))
        fork_child(socket, request, service);
    else
        send_reply(socket, {request.serial, EINVAL, 0}, -1);
}

// False: nobody can be let in for now, though somebody waits.
bool accept_one(int listening, Launcher::Bodies bodies) {
    const Fd connection{accept4(listening, nullptr, nullptr, SOCK_CLOEXEC)};
    if (!connection && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
        log::error("{}", errno_error("cannot serve a connection", "", errno).text());
        return false;
    }
    if (!connection || !may_ask(connection.get())) return true;
    const pid_t self = getpid(), pid = fork();
    if (pid == 0) serve_connection(connection.get(), self, bodies);
    if (pid < 0)
        log::error("{}", errno_error("cannot serve a connection", "", errno).text());
    else
        log::debug("process {} serves a connection", pid);
    return true;
}

} // namespace

void serve_launcher(int socket, Launcher::Bodies bodies) {
    Service service{bodies, {}};
    getrlimit(RLIMIT_CORE, &service.core);
    hide("dmevent-launch");
    set_signals();
    keep_only(socket);
    if (chdir("/") < 0) _exit(1); // pins no file system
    if (bodies.stays) {
        stay_when_memory_runs_out();
        // The program's files are held by who forked us, with whom we end. If we may not lock, nor may that
        // one, and it says so.
        (void)lock_own_memory();
    }
    for (;;) serve_one(kept_fd, service);
}

Result<> serve_connections(int listening, Launcher::Bodies bodies, const std::function<void()>& ready) {
    bodies.reader = nullptr; // readers are forked by whom they read for
    signal(SIGCHLD, SIG_IGN);
    const auto signals = ending_signals();
    if (!signals) return signals.error();
    if (fcntl(listening, F_SETFL, O_NONBLOCK) < 0) return errno_error("cannot listen", "", errno);
    ready();
    for (;;) {
        pollfd watched[] = {{signals->get(), POLLIN, 0}, {listening, POLLIN, 0}};
        if (poll(watched, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return errno_error("cannot listen", "", errno);
        }
        if (watched[0].revents != 0) return {};
        if ((watched[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
            return errno_error("cannot listen", "", EPIPE);
        if (watched[1].revents != 0 && !accept_one(listening, bodies)) poll(watched, 1, rest_ms);
    }
}

} // namespace dmev
