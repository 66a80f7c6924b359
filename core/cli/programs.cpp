// SPDX-License-Identifier: Apache-2.0
#include "cli/programs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "process/program_files.hpp"

namespace dmev {
namespace {

// Calls EACH for every action that runs a program.
template <class F>
void for_each_exec(const Settings& settings, F each) {
    for (const auto& action : settings.actions)
        if (!action.exec.empty()) each(action);
    for (const auto& rule : settings.rules)
        for (const auto& step : rule.steps)
            if (step.in_place && !step.in_place->exec.empty()) each(*step.in_place);
}

Identity identity_of(const RunAs& run_as) {
    if (run_as.who.text.empty()) return {geteuid(), getegid(), {}};
    return {run_as.uid, run_as.gid, run_as.groups};
}

} // namespace

void check_programs(const Settings& settings, Diagnostics& diagnostics) {
    std::set<std::pair<std::string, uid_t>> seen;
    for_each_exec(settings, [&](const ActionSettings& action) {
        const auto& [path, at] = action.exec.front();
        const auto who = identity_of(action.run_as);
        if (!path.starts_with('/') || !seen.emplace(path, who.uid).second) return;
        const auto program = program_files(path, trusted_with(who.uid));
        if (!program && program.error().kind == ErrorKind::not_permitted) {
            const auto& error = program.error();
            return diagnostics.error(at, "a program that is not trusted", path, error.why, error.remedy);
        }
        if (!program) {
            const auto& error = program.error();
            const auto why =
                error.object == path ? error.why : fmt::format("{}: {}", error.object, error.why);
            return diagnostics.warning(at, "a program that cannot be run now", path, why);
        }
        if (const auto why = cannot_execute(*program, who); !why.empty())
            diagnostics.warning(
                at, "a program that cannot be run now", path,
                action.run_as.who.text.empty() ? why : fmt::format("as {}: {}", action.run_as.who.text, why));
    });
}

std::set<std::string> families_of_hooks(const Rulebook& rules, std::span<const Plugin> plugins) {
    std::set<std::string> hooks, families;
    for (const auto& rule : rules.rules)
        if (rule.settings.enabled && !rule.settings.dry_run)
            for (const auto& step : rule.steps) hooks.insert(step.hook);
    for (const auto& plugin : plugins)
        for (const auto& hook : plugin.family().hooks)
            if (hooks.contains(hook.name)) families.insert(plugin.family().name);
    return families;
}

KeepOrder to_keep(const Settings& settings) {
    KeepOrder order;
    order.most = std::uint64_t{settings.limits.pinned_mib} << 20;
    if (order.most == 0) return order;
    const auto add = [&order](const std::string& path) {
        if (std::find(order.paths.begin(), order.paths.end(), path) == order.paths.end())
            order.paths.push_back(path);
    };
    for_each_exec(settings, [&](const ActionSettings& action) { add(action.exec.front().text); });
    for (const auto& file : settings.keep) add(file.text);
    return order;
}

} // namespace dmev
