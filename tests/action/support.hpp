// SPDX-License-Identifier: Apache-2.0
// A plugin with hooks, and rules, events and facts to try them on.
#pragma once
#include <deque>
#include <dmevent/lvm.hpp>
#include <dmevent/plugin.hpp>
#include <stdexcept>
#include <string>

#include "model/target_facts.hpp"
#include "plugin/plugin.hpp"
#include "rules/decider.hpp"

namespace acting {

// Its status is what a plan is made of: "refuse", "throw", "lock=KEY", "careful" (not interruptible),
// "dmeventd" (not where it manages the device), "multipathd" (then its own command); or "lvm" alone.
struct Act {
    static constexpr const char *name = "act", *version = "1";
    static constexpr dmevent_claim claims[] = {{"act", DMEVENT_TABLE}};
    enum : uint32_t { low, bad };
    static constexpr dmevent_type types[] = {
        {"act.low", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr, "{device} is low", "", ""},
        {"act.bad", nullptr, DMEVENT_CRITICAL, DMEVENT_CONDITION, 0, nullptr, "{device} is bad", "", ""},
    };
    static constexpr dmevent_gauge gauges[] = {{"data", nullptr, "blocks", 0, 0, 0}};
    static constexpr dmevent_param params[] = {{"word", DMEVENT_TEXT, 0, "said to the program"}};
    static constexpr dmevent_hook hooks[] = {
        {"act.once", "no matter what comes of it", params, 1, nullptr, nullptr},
        {"act.grow", "until data has grown", params, 1, nullptr, nullptr},
        {"act.mend", "until the part is not bad", params, 1, nullptr, nullptr},
        {"act.queue", "until queueing is so", params, 1, nullptr, nullptr},
    };
    enum : uint32_t { once, grow, mend, queue };

    static bool look(const dmevent::Target*, const dmevent::Target&, dmevent::Say&) { return true; }

    static bool plan(uint32_t hook, const dmevent::Event& event, const dmevent::Args& args,
                     dmevent::Plan& plan) {
        if (dmevent::view(event.target->status) == "lvm") {
            dmevent::lvm::run(plan, *event.target->device, "pool", {"lvextend", "--use-policies"});
            return true;
        }
        plan.run({"/bin/act", dmevent::view(event.target->status), dmevent::view(event.key)});
        if (const auto word = args.text("word"); !word.empty()) plan.run({word});
        plan.env("ACTING", "yes");
        plan.env("LANG", "C");
        dmevent::Words words{event.target->status};
        while (words.more()) {
            const auto word = words.word();
            if (word == "refuse") return plan.refuse("the status says so");
            if (word == "throw") throw std::runtime_error("it is thrown");
            if (word.starts_with("lock=")) plan.lock(word.substr(5));
            if (word == "careful") plan.uninterruptible();
            if (word == "dmeventd") plan.unless_managed_by(word);
            if (word == "multipathd") plan.unless_managed_by(word, {"/bin/multi", "map"});
        }
        if (hook == grow) plan.until_grown(0);
        if (hook == mend) plan.until_ended(bad, dmevent::view(event.key));
        if (hook == queue) plan.until_field("queueing", true);
        return true;
    }
};
inline const dmevent_plugin descriptor = dmevent::Bridge<Act>::entry();
inline dmev::Plugin plugin() { return *dmev::Plugin::adopt(&descriptor, "act.so", nullptr); }

inline dmev::Time at(double seconds) {
    return dmev::Time{std::chrono::duration_cast<dmev::Duration>(std::chrono::duration<double>{seconds})};
}

inline dmev::DeviceId device(std::uint32_t minor = 1) {
    return {"vg0-pool" + std::to_string(minor), "LVM-" + std::string(64, 'x') + "-tpool", {253, minor}, 7};
}

inline dmev::Event event(std::uint32_t minor = 1, dmev::Severity severity = dmev::Severity::warning) {
    dmev::Event e;
    e.id = "event-" + std::to_string(minor);
    e.time = at(100);
    e.type = "act.low";
    e.severity = severity;
    e.state = dmev::State::raised;
    e.source = "kernel";
    e.message = "it is low";
    e.device = device(minor);
    e.target = dmev::EventTarget{"act", 0};
    e.data = {{"used", {std::uint64_t{7}}}, {"names", {dmev::Value::List{{"a"}, {"b c"}}}}};
    return e;
}

inline dmev::TargetFacts facts(std::uint32_t minor = 1, std::string status = "fine") {
    dmev::TargetFacts f;
    f.device = device(minor);
    f.read = at(100);
    f.text.type = "act";
    f.text.length = 2048;
    f.text.table = "the table";
    f.text.status = std::move(status);
    f.gauges = {{"data", 7, 10}};
    f.holding = {{"act.low", ""}};
    return f;
}

inline dmev::Step exec(std::vector<std::string> argv, std::string name = "exec") {
    dmev::Step step;
    step.name = std::move(name);
    for (auto& argument : argv) step.action.exec.push_back({std::move(argument), {}});
    return step;
}
inline dmev::Step log_line(std::string text, std::string level = "warning") {
    dmev::Step step;
    step.name = "log";
    step.action.log = dmev::LogSettings{{std::move(level), {}}, {std::move(text), {}}};
    return step;
}
inline dmev::Step unit(std::string text) {
    dmev::Step step;
    step.name = "systemd";
    step.action.systemd = dmev::Spelled{std::move(text), {}};
    return step;
}
inline dmev::Step hook(std::string name) {
    dmev::Step step;
    step.name = step.hook = std::move(name);
    return step;
}

inline dmev::Rule rule(std::vector<dmev::Step> steps, std::string name = "grow") {
    dmev::Rule r;
    r.settings.name.text = std::move(name);
    r.steps = std::move(steps);
    return r;
}

// RULE stays the caller's.
inline dmev::Firing firing(const dmev::Rule& rule, dmev::Event about = event(), std::uint64_t id = 1) {
    dmev::Firing f;
    f.id = id;
    f.rule = &rule;
    for (std::uint32_t i = 0; i < rule.steps.size(); ++i) f.steps.push_back(i);
    f.event = std::move(about);
    f.because = "raised";
    return f;
}

} // namespace acting
