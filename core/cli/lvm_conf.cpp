// SPDX-License-Identifier: Apache-2.0
#include "cli/lvm_conf.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>

#include "base/fd.hpp"
#include "config/scalars.hpp"

namespace dmev {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

bool readable_by(Deadline deadline, int fd) {
    for (;;) {
        const auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
        pollfd one{fd, POLLIN, 0};
        const int ready = poll(&one, 1, static_cast<int>(std::max(left, Millis{0}).count()));
        if (ready >= 0 || errno != EINTR) return ready > 0;
    }
}

// What OUT says until PROCESS ends; nothing when it does not by DEADLINE.
std::optional<std::string> read_all(int out, int process, Deadline deadline) {
    std::string text;
    char buffer[512];
    for (;;) {
        if (!readable_by(deadline, out)) return std::nullopt;
        const auto n = read(out, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        if (text.size() < 4096) text.append(buffer, static_cast<std::size_t>(n));
    }
    return readable_by(deadline, process) ? std::optional{text} : std::nullopt;
}

Place place_of(const Rule& rule, const Step& step) {
    for (const auto& written : rule.settings.steps)
        if (written.name.text == step.name) return written.name.at;
    return rule.settings.name.at;
}

} // namespace

// `lvmconfig --typeconfig full` prints `raid_fault_policy="warn"`: the value without its quotes.
LvmSays ask_lvm(const char* lvm, const std::string& name, Millis patience) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return {};
    const Fd out{ends[0]};
    Fd in{ends[1]};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.get(), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const char* argv[] = {lvm, "lvmconfig", "--typeconfig", "full", name.c_str(), nullptr};
    const char* env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", nullptr};
    pid_t pid = 0;
    const int error =
        posix_spawn(&pid, lvm, &actions, nullptr, const_cast<char**>(argv), const_cast<char**>(env));
    posix_spawn_file_actions_destroy(&actions);
    in = Fd{};
    if (error != 0) return {};
    const Fd process{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
    const auto text = read_all(out.get(), process.get(), std::chrono::steady_clock::now() + patience);
    if (!text) {
        // Not waited for: it may be where no signal reaches it.
        kill(pid, SIGKILL);
        return {.value = {}, .answered = false};
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    const auto equals = text->find('=');
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || equals == std::string::npos) return {};
    auto value = text->substr(equals + 1);
    std::erase_if(value, [](char c) { return c == '"' || c == '\n'; });
    return {std::move(value), true};
}

std::vector<std::string> without_effect(const Rulebook& rules, const Catalogue& catalogue, const char* lvm,
                                        Millis patience) {
    std::vector<std::string> lines;
    bool answers = true; // one that hangs is not asked again
    std::map<std::string, std::optional<std::string>> known;
    for (const auto& rule : rules.rules) {
        for (const auto& step : rule.steps) {
            const auto* hook = step.hook.empty() ? nullptr : catalogue.hook(step.hook);
            if (!hook || hook->noop_if.empty()) continue;
            if (!hook->noop_unless.empty() && find_field(step.arguments, hook->noop_unless)) continue;
            const auto equals = hook->noop_if.find('=');
            const auto name = hook->noop_if.substr(0, equals), value = hook->noop_if.substr(equals + 1);
            if (answers && !known.contains(name)) {
                auto said = ask_lvm(lvm, name, patience);
                answers = said.answered;
                known[name] = std::move(said.value);
                if (!answers)
                    lines.push_back(
                        fmt::format("{} did not answer within {}: whether lvm.conf lets every hook "
                                    "have an effect is not known",
                                    lvm, format_duration(patience)));
            }
            if (known[name] != value) continue;
            const auto remedy =
                hook->noop_unless.empty()
                    ? std::string{"set it otherwise"}
                    : fmt::format("set it otherwise, or give the parameter {}", hook->noop_unless);
            const auto why =
                fmt::format("{} does nothing, since lvm.conf has {}={}", hook->name, name, value);
            lines.push_back(Error{ErrorKind::bad_config, "rule", "'" + rule.settings.name.text + "'", why,
                                  remedy, place_of(rule, step)}
                                .text());
        }
    }
    return lines;
}

} // namespace dmev
