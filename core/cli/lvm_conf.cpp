// SPDX-License-Identifier: Apache-2.0
#include "cli/lvm_conf.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>

#include "base/fd.hpp"

namespace dmev {
namespace {

constexpr const char* lvm = "/usr/sbin/lvm";

// `lvmconfig --typeconfig full` prints `raid_fault_policy="warn"`: the value without its quotes.
std::optional<std::string> setting(const std::string& name) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return std::nullopt;
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
    if (error != 0) return std::nullopt;
    std::string text;
    char buffer[512];
    for (;;) {
        const auto n = read(out.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        if (text.size() < 4096) text.append(buffer, static_cast<std::size_t>(n));
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    const auto equals = text.find('=');
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || equals == std::string::npos) return std::nullopt;
    auto value = text.substr(equals + 1);
    std::erase_if(value, [](char c) { return c == '"' || c == '\n'; });
    return value;
}

} // namespace

std::vector<std::string> without_effect(const Rulebook& rules, const Catalogue& catalogue) {
    std::vector<std::string> lines;
    std::map<std::string, std::optional<std::string>> asked;
    for (const auto& rule : rules.rules) {
        for (const auto& step : rule.steps) {
            const auto* hook = step.hook.empty() ? nullptr : catalogue.hook(step.hook);
            if (!hook || hook->noop_if.empty()) continue;
            if (!hook->noop_unless.empty() && find_field(step.arguments, hook->noop_unless)) continue;
            const auto equals = hook->noop_if.find('=');
            const auto name = hook->noop_if.substr(0, equals), value = hook->noop_if.substr(equals + 1);
            if (!asked.contains(name)) asked[name] = setting(name);
            if (asked[name] != value) continue;
            const auto remedy =
                hook->noop_unless.empty()
                    ? std::string{"set it otherwise"}
                    : fmt::format("set it otherwise, or give the parameter {}", hook->noop_unless);
            lines.push_back(fmt::format("{}: rule '{}': {} does nothing, since lvm.conf has {}={}; {}",
                                        rule.settings.name.at.file, rule.settings.name.text, hook->name, name,
                                        value, remedy));
        }
    }
    return lines;
}

} // namespace dmev
