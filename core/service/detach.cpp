// SPDX-License-Identifier: Apache-2.0
#include "service/detach.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "base/io.hpp"

namespace dmev {
namespace {

bool nulls_for(std::initializer_list<int> streams) {
    const Fd null{open("/dev/null", O_RDWR | O_CLOEXEC)};
    if (!null) return false;
    for (const int stream : streams) dup2(null.get(), stream);
    return true;
}

// Passes on what can be read now; false at the end of it.
bool relay(int from) {
    char buffer[4096];
    const auto n = read(from, buffer, sizeof buffer);
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    for (ssize_t done = 0; done < n;) {
        const auto w = write(STDERR_FILENO, buffer + done, static_cast<std::size_t>(n - done));
        if (w < 0 && errno != EINTR) break;
        done += w < 0 ? 0 : w;
    }
    return n > 0;
}

int exit_status_of(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 1;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    const std::string line = "dmevent_tool: the background process was killed by signal " +
                             std::to_string(WTERMSIG(status)) + " while it started\n";
    [[maybe_unused]] const auto n = write(STDERR_FILENO, line.data(), line.size());
    return 1;
}

// The parent's whole life after the fork: relays until the child is ready or gone.
int wait_for(pid_t child, const Fd& errors, const Fd& status) {
    pollfd watched[] = {{errors.get(), POLLIN, 0}, {status.get(), POLLIN, 0}};
    for (;;) {
        if (poll(watched, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return 1;
        }
        if (watched[0].revents != 0 && !relay(errors.get())) watched[0].fd = -1;
        if (watched[1].revents == 0) continue;
        char byte = 0;
        const bool ready = uninterrupted([&] { return read(status.get(), &byte, 1); }) == 1;
        // The child has said everything by now: what it wrote before is in the pipe.
        fcntl(errors.get(), F_SETFL, O_NONBLOCK);
        while (poll(watched, 1, 0) > 0 && relay(errors.get())) {
        }
        return ready ? 0 : exit_status_of(child);
    }
}

} // namespace

void Readiness::speak() { dup2(errors_.get(), STDERR_FILENO); }

Result<> Readiness::ready() {
    if (!nulls_for({STDERR_FILENO})) return errno_error("cannot open", "/dev/null", errno);
    if (chdir("/") < 0) return errno_error("cannot change to", "/", errno);
    errors_.reset();
    if (uninterrupted([&] { return send(status_.get(), "", 1, MSG_NOSIGNAL); }) != 1)
        return errno_error("the process that asked for the start is gone", "", errno);
    status_.reset();
    return {};
}

Result<int> detach(const std::function<int(Readiness&)>& child) {
    int errors[2], status[2];
    if (pipe2(errors, O_CLOEXEC) < 0) return errno_error("cannot detach", "", errno);
    Fd errors_in{errors[0]}, errors_out{errors[1]};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, status) < 0)
        return errno_error("cannot detach", "", errno);
    Fd parent_end{status[0]}, child_end{status[1]};

    const pid_t pid = fork();
    if (pid < 0) return errno_error("cannot detach", "", errno);
    if (pid == 0) {
        errors_in.reset();
        parent_end.reset();
        setsid();
        if (!nulls_for({STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})) _exit(1);
        int result = 1;
        {
            Readiness readiness{std::move(errors_out), std::move(child_end)};
            result = child(readiness);
        }
        _exit(result);
    }
    errors_out.reset();
    child_end.reset();
    return wait_for(pid, errors_in, parent_end);
}

} // namespace dmev
