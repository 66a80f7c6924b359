// SPDX-License-Identifier: Apache-2.0
#include "plugin/trial.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "base/fd.hpp"
#include "plugin/trial_child.hpp"

namespace dmev {
namespace {

// A plugin that is not tried is not loaded, and its devices are not watched until the next start.
pid_t fork_patiently() {
    constexpr int tries = 20, pause_ms = 100;
    for (int i = 0; i < tries; ++i) {
        const pid_t child = fork();
        if (child >= 0 || errno != EAGAIN) return child;
        poll(nullptr, 0, pause_ms); // nothing tells when there is room for a process again
    }
    return fork();
}

struct Heard {
    std::string said;
    bool late = false;
};

// Everything the child says until it closes its end; late, when that is not within LIMIT.
Heard listen(int fd, std::chrono::milliseconds limit) {
    using Clock = std::chrono::steady_clock;
    Heard heard;
    for (const auto end = Clock::now() + limit; heard.said.size() < trial::kLongest;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd ready{fd, POLLIN, 0};
        const int n = left > 0 ? poll(&ready, 1, static_cast<int>(left)) : 0;
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            heard.late = true;
            break;
        }
        char buffer[1024];
        const auto got = read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        heard.said.append(buffer, static_cast<size_t>(got));
    }
    return heard;
}

std::string ended_how(int status) {
    if (!WIFSIGNALED(status)) return fmt::format("exit status {}", WEXITSTATUS(status));
    const char* name = sigabbrev_np(WTERMSIG(status));
    return fmt::format("signal {}, SIG{}", WTERMSIG(status), name ? name : "?");
}

// The verdict, from what the child said and how it ended.
Result<> judge(const std::filesystem::path& file, const Heard& heard, int status,
               std::chrono::milliseconds limit) {
    const auto refused = [&](std::string why, std::string remedy) {
        return Error{ErrorKind::failed, "plugin refused", file, std::move(why), std::move(remedy)};
    };
    const std::string_view said = heard.said;
    if (const auto at = said.find(trial::kRefused); at != said.npos) {
        const auto reason = said.substr(at + 1);
        const auto cut = std::min(reason.find('\0'), reason.size());
        return refused(std::string{reason.substr(0, cut)},
                       std::string{reason.substr(std::min(cut + 1, reason.size()))});
    }
    const auto past = [&](char stage) { return said.find(stage) != said.npos; };
    if (past(trial::kUnloaded)) return {};

    const bool loaded = past(trial::kLoaded), called = past(trial::kCalled);
    const char* where = called ? "while unloading" : loaded ? "in its first calls" : "while loading";
    const char* remedy = "this is for the plugin's author to mend";
    if (heard.late) {
        const char* what = called ? "unloading" : loaded ? "its first calls" : "loading";
        return refused(fmt::format("it did not finish {} within {:g} s", what,
                                   std::chrono::duration<double>(limit).count()),
                       remedy);
    }
    return refused(fmt::format("it {} {} ({})", WIFSIGNALED(status) ? "crashed" : "ended the program", where,
                               ended_how(status)),
                   remedy);
}

} // namespace

Result<> try_library(const std::filesystem::path& file, std::chrono::milliseconds limit) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno_error("cannot try plugin", file, errno);
    Fd ours{ends[0]}, its{ends[1]};
    const pid_t child = fork_patiently();
    if (child < 0) return errno_error("cannot try plugin", file, errno);
    if (child == 0) trial::run(file, its.get());
    setpgid(child, child); // both do it, so that the group is there whoever comes first
    its.reset();
    const auto heard = listen(ours.get(), limit);
    // It has ended by itself, and keeps the status it ended with, or is to end now with all it started.
    kill(-child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return judge(file, heard, status, limit);
}

} // namespace dmev
