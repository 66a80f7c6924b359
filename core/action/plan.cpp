// SPDX-License-Identifier: Apache-2.0
#include "action/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "action/placeholders.hpp"
#include "action/systemd_unit.hpp"
#include "process/lvm_script.hpp"

namespace dmev {
namespace {

constexpr Millis default_timeout{30'000};
constexpr Millis hook_timeout{60'000};

Job without(Job::Kind kind, std::string why) {
    Job job;
    job.kind = kind;
    job.why = std::move(why);
    return job;
}

// The lifetime, not the number alone: who takes a number over starts with nothing running.
std::string device_key(const DeviceId& device) {
    auto key = "device:" + device.number.text();
    if (device.diskseq) key += fmt::format(":{}", *device.diskseq);
    return key;
}

// The runs of one rule for one device; those of two devices do not wait for each other.
std::string rule_key(const Firing& firing) {
    const auto& device = firing.event.device;
    return fmt::format("rule:{}:{}", firing.rule->settings.name.text, device ? device_key(*device) : "");
}

// Neither can hold a NUL when a program is started; what is behind it would be lost in silence.
bool has_nul(const Program& program) {
    const auto holds = [](const std::string& s) { return s.find('\0') != s.npos; };
    return std::any_of(program.argv.begin(), program.argv.end(), holds) ||
           std::any_of(program.env.begin(), program.env.end(),
                       [&](const auto& v) { return holds(v.first) || holds(v.second); });
}

Job finished(Job job) {
    if (has_nul(job.program)) return without(Job::Kind::fault, "an argument or a variable holds a NUL byte");
    if (job.program.argv.empty() || !job.program.argv.front().starts_with('/'))
        return without(Job::Kind::fault, "it names no program by an absolute path");
    return job;
}

Job plan_log(const Firing& firing, const Step& step) {
    const auto& log = *step.action.log;
    auto line = expand(log.message.text, firing, step.name);
    if (!line) return without(Job::Kind::fault, line.error().text());
    Job job;
    job.kind = Job::Kind::log;
    job.line = escape(*line);
    using enum log::Level;
    for (const auto& [word, level] : {std::pair{"debug", debug}, {"warning", warning}, {"error", error}})
        if (log.level.text == word) job.level = level;
    return job;
}

// Arguments and environment of exec and systemd.
Result<> fill(Program& program, const Firing& firing, const Step& step) {
    if (step.action.systemd) {
        auto unit = unit_name(step.action.systemd->text, firing, step.name);
        if (!unit) return std::move(unit).error();
        program.argv = {"/usr/bin/systemctl", "start", "--", *std::move(unit)};
    }
    for (const auto& text : step.action.exec) {
        auto argument = expand(text.text, firing, step.name);
        if (!argument) return std::move(argument).error();
        program.argv.push_back(*std::move(argument));
    }
    for (const auto& [name, text] : step.action.env) {
        auto value = expand(text.text, firing, step.name);
        if (!value) return std::move(value).error();
        set_variable(program.env, name.text, *std::move(value));
    }
    return {};
}

Program prepared(const Firing& firing, const Step& step, Millis timeout, const ToJson& to_json) {
    Program program;
    program.env = environment(firing, step.name);
    if (to_json) program.input = to_json(firing.event) + "\n";
    program.timeout = step.timeout ? *step.timeout : step.action.timeout.value_or(timeout);
    return program;
}

Job plan_action(const Firing& firing, const Step& step, const ToJson& to_json) {
    Job job;
    job.kind = Job::Kind::program;
    job.lock = rule_key(firing);
    job.program = prepared(firing, step, default_timeout, to_json);
    if (auto filled = fill(job.program, firing, step); !filled)
        return without(Job::Kind::fault, filled.error().text());
    if (const auto& user = step.action.run_as; !user.who.text.empty()) {
        job.program.as_self = false;
        job.program.uid = user.uid;
        job.program.gid = user.gid;
        job.program.groups = user.groups;
    }
    return finished(std::move(job));
}

struct Hook {
    const Plugin* plugin = nullptr;
    std::uint32_t index = 0;
};
Hook find_hook(std::span<const Plugin> plugins, std::string_view name) {
    for (const auto& plugin : plugins) {
        const auto& hooks = plugin.family().hooks;
        for (std::uint32_t i = 0; i < hooks.size(); ++i)
            if (hooks[i].name == name) return {&plugin, i};
    }
    return {};
}

Job plan_hook(const Firing& firing, const Step& step, std::span<const Plugin> plugins,
              const std::optional<TargetFacts>& target, const ToJson& to_json) {
    const auto& event = firing.event;
    const auto hook = find_hook(plugins, step.hook);
    if (!hook.plugin) return without(Job::Kind::fault, "no plugin has this hook");
    if (!event.device || !event.target)
        return without(Job::Kind::refused, fmt::format("{} is about no target of a device", event.type));
    if (!target) return without(Job::Kind::refused, "the device is gone");
    if (target->text.type != event.target->type)
        return without(Job::Kind::refused, fmt::format("target {} of the device is {} now, not {}",
                                                       target->index, target->text.type, event.target->type));
    TargetView view;
    view.device = &target->device;
    view.index = target->index;
    view.start = target->text.start;
    view.length = target->text.length;
    view.type = target->text.type;
    if (target->text.table) view.table = *target->text.table;
    if (target->text.status) view.status = *target->text.status;
    auto planned = hook.plugin->plan(hook.index, event, view, step.arguments);
    if (planned.outcome == Planned::Outcome::refused)
        return without(Job::Kind::refused,
                       planned.because.empty() ? "it does not apply" : std::move(planned.because));
    if (planned.outcome == Planned::Outcome::fault)
        return without(Job::Kind::fault, "the plugin failed: " + planned.because);

    Job job;
    job.kind = Job::Kind::program;
    job.lock = planned.lock.empty() ? device_key(target->device) : std::move(planned.lock);
    job.expect = std::move(planned.expect);
    job.program = prepared(firing, step, hook_timeout, to_json);
    job.program.argv = std::move(planned.argv);
    job.program.interruptible = planned.interruptible;
    job.program.by_hook = true;
    for (auto& [name, value] : planned.env) set_variable(job.program.env, name, std::move(value));
    if (!step.even_if_managed)
        for (auto& manager : planned.managers) {
            const bool by_uuid = manager.who == "dmeventd";
            job.program.guards.push_back({std::move(manager.who),
                                          by_uuid ? target->device.uuid : target->device.name,
                                          std::move(manager.instead)});
        }
    return finished(std::move(job));
}

} // namespace

Job plan(const Firing& firing, const Step& step, std::span<const Plugin> plugins,
         const std::optional<TargetFacts>& target, const ToJson& to_json) {
    if (!step.hook.empty()) return plan_hook(firing, step, plugins, target, to_json);
    if (step.action.log) return plan_log(firing, step);
    return plan_action(firing, step, to_json);
}

Program lvm_of_hooks() {
    auto env = lasting_environment();
    set_variable(env, "LVM_RUN_BY_DMEVENTD", "1");
    set_variable(env, "LVM_SUPPRESS_FD_WARNINGS", "1");
    return waiting_lvm("/usr/sbin/lvm", std::move(env));
}

} // namespace dmev
