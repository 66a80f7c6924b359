// SPDX-License-Identifier: Apache-2.0
#include "action/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "process/lvm_script.hpp"
#include "support.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;
using Argv = std::vector<std::string>;

class PlanStep : public testing::Test {
 protected:
    Job planned(Step step) {
        rule.steps = {std::move(step)};
        return plan(firing, rule.steps[0], plugins, target,
                    [](const Event& event) { return "{json of " + event.id + "}"; });
    }
    static std::string variable(const Job& job, std::string_view name) {
        const auto& env = job.program.env;
        const auto it = std::find_if(env.begin(), env.end(), [&](const auto& v) { return v.first == name; });
        return it == env.end() ? "(none)" : it->second;
    }
    Rule rule = acting::rule({});
    Firing firing = acting::firing(rule);
    std::vector<Plugin> plugins = [] {
        std::vector<Plugin> out;
        out.push_back(acting::plugin());
        return out;
    }();
    std::optional<TargetFacts> target = acting::facts();
};

TEST_F(PlanStep, ExecIsItsArgumentsEachExpanded) {
    firing.event.device->name = "a b\n$(c)";
    auto step = acting::exec({"/bin/page", "-m", "{severity}: {message}", "{device}"}, "page");
    step.action.env = {{{"LANG", {}}, {"C", {}}}, {{"ABOUT", {}}, {"{device}", {}}}};
    const auto job = planned(step);
    ASSERT_EQ(job.kind, Job::Kind::program) << job.why;
    EXPECT_EQ(job.program.argv, (Argv{"/bin/page", "-m", "warning: it is low", "a b\n$(c)"}));
    EXPECT_EQ(job.program.input, "{json of event-1}\n");
    EXPECT_EQ(job.program.timeout, 30s);
    EXPECT_TRUE(job.program.interruptible);
    EXPECT_TRUE(job.program.as_self);
    EXPECT_TRUE(job.program.guards.empty());
    EXPECT_TRUE(job.expect.empty());
    EXPECT_EQ(variable(job, "LANG"), "C") << "the action's own counts";
    EXPECT_EQ(variable(job, "ABOUT"), "a b\n$(c)");
    EXPECT_EQ(variable(job, "DMEVENT_ACTION"), "page");
}

TEST_F(PlanStep, TheStepsTimeoutGoesBeforeTheActions) {
    auto step = acting::exec({"/bin/page"});
    step.action.timeout = 20s;
    EXPECT_EQ(planned(step).program.timeout, 20s);
    step.timeout = 5s;
    EXPECT_EQ(planned(step).program.timeout, 5s);
    auto hook = acting::hook("act.once");
    EXPECT_EQ(planned(hook).program.timeout, 60s);
    hook.timeout = 5s;
    EXPECT_EQ(planned(hook).program.timeout, 5s);
}

TEST_F(PlanStep, RunAsIsPassedOn) {
    auto step = acting::exec({"/bin/page"});
    step.action.run_as = {{"nobody", {}}, 65534, 65533, {4, 65533}};
    const auto job = planned(step);
    EXPECT_FALSE(job.program.as_self);
    EXPECT_EQ(job.program.uid, 65534U);
    EXPECT_EQ(job.program.gid, 65533U);
    EXPECT_EQ(job.program.groups, (std::vector<gid_t>{4, 65533}));
}

TEST_F(PlanStep, WhatCannotBeAProgramIsAFault) {
    auto job = planned(acting::exec({"{device}"}));
    EXPECT_EQ(job.kind, Job::Kind::fault);
    EXPECT_EQ(job.why, "it names no program by an absolute path");
    job = planned(acting::exec({"/bin/page", "{nonsense}"}));
    EXPECT_EQ(job.kind, Job::Kind::fault);
    EXPECT_NE(job.why.find("{nonsense}"), std::string::npos);
    firing.event.data = {{"bytes", {std::string("a\0", 2)}}};
    job = planned(acting::exec({"/bin/page", "{data.bytes}"}));
    EXPECT_EQ(job.kind, Job::Kind::fault);
    EXPECT_NE(job.why.find("NUL"), std::string::npos);
}

TEST_F(PlanStep, LocksOfExecAreTheRulesAndTheDevices) {
    const auto step = acting::exec({"/bin/page"});
    const auto lock = planned(step).lock;
    EXPECT_EQ(planned(step).lock, lock);
    firing.event = acting::event(2);
    EXPECT_NE(planned(step).lock, lock) << "mails about two devices do not wait for each other";
    firing.event = acting::event(1);
    firing.event.device->diskseq = 8;
    EXPECT_NE(planned(step).lock, lock);
    firing.event.device.reset();
    EXPECT_EQ(planned(step).kind, Job::Kind::program);
}

TEST_F(PlanStep, LogIsOneEscapedLine) {
    firing.event.device->name = "a\nb\x1b";
    auto job = planned(acting::log_line("{device}: {message}", "error"));
    EXPECT_EQ(job.kind, Job::Kind::log);
    EXPECT_EQ(job.line, "a\\x0ab\\x1b: it is low");
    EXPECT_EQ(job.level, log::Level::error);
    EXPECT_EQ(planned(acting::log_line("x", "info")).level, log::Level::info);
    EXPECT_EQ(planned(acting::log_line("x", "debug")).level, log::Level::debug);
    EXPECT_EQ(planned(acting::log_line("x", "warning")).level, log::Level::warning);
    EXPECT_EQ(planned(acting::log_line("{nonsense}")).kind, Job::Kind::fault);
}

TEST_F(PlanStep, SystemdStartsAUnit) {
    const auto job = planned(acting::unit("start page@{device}"));
    EXPECT_EQ(job.program.argv, (Argv{"/usr/bin/systemctl", "start", "--", "page@vg0\\x2dpool1.service"}));
    EXPECT_EQ(job.program.timeout, 30s);
    EXPECT_EQ(planned(acting::unit("start page@{part}")).kind, Job::Kind::fault);
}

TEST_F(PlanStep, AHookIsPlannedOnTheTargetAsItIsNow) {
    target->text.status = "lock=vg:data careful";
    firing.event.part = "3";
    auto step = acting::hook("act.grow");
    step.arguments = {{"word", {"hello"}}};
    const auto job = planned(step);
    ASSERT_EQ(job.kind, Job::Kind::program) << job.why;
    EXPECT_EQ(job.program.argv, (Argv{"/bin/act", "lock=vg:data careful", "3", "hello"}));
    EXPECT_EQ(variable(job, "ACTING"), "yes");
    EXPECT_EQ(variable(job, "LANG"), "C");
    EXPECT_EQ(variable(job, "DMEVENT_TYPE"), "act.low");
    EXPECT_EQ(job.program.input, "{json of event-1}\n");
    EXPECT_FALSE(job.program.interruptible);
    EXPECT_EQ(job.lock, "vg:data");
    ASSERT_EQ(job.expect.size(), 1U);
    EXPECT_EQ(job.expect[0].what, Expectation::What::grown);
    EXPECT_EQ(job.expect[0].name, "data");
}

TEST_F(PlanStep, ByDefaultAHookLocksItsDeviceWhateverTheRule) {
    const auto job = planned(acting::hook("act.once"));
    EXPECT_EQ(job.lock, "device:253:1:7");
    EXPECT_TRUE(job.program.interruptible);
    target->device.diskseq.reset();
    EXPECT_EQ(planned(acting::hook("act.once")).lock, "device:253:1");
}

TEST_F(PlanStep, WhatAHookRunsByLvmAnLvmThatWaitsMayRun) {
    target->text.status = "lvm";
    const auto job = planned(acting::hook("act.once"));
    EXPECT_TRUE(may_run(lvm_of_hooks(), job.program)) << job.why;
    auto written = planned(acting::exec(job.program.argv, "page")).program;
    written.env = job.program.env;
    written.interruptible = false;
    EXPECT_FALSE(may_run(lvm_of_hooks(), written));
}

TEST_F(PlanStep, GuardsAreToldWhatToAskFor) {
    target->text.status = "dmeventd multipathd";
    auto step = acting::hook("act.once");
    const auto job = planned(step);
    ASSERT_EQ(job.program.guards.size(), 2U);
    EXPECT_EQ(job.program.guards[0].who, "dmeventd");
    EXPECT_EQ(job.program.guards[0].about, target->device.uuid);
    EXPECT_TRUE(job.program.guards[0].instead.empty());
    EXPECT_EQ(job.program.guards[1].who, "multipathd");
    EXPECT_EQ(job.program.guards[1].about, target->device.name);
    EXPECT_EQ(job.program.guards[1].instead, (Argv{"/bin/multi", "map"}));
    step.even_if_managed = true;
    EXPECT_TRUE(planned(step).program.guards.empty());
}

TEST_F(PlanStep, AHookThatDoesNotApplyIsRefused) {
    const auto why = [this](Job::Kind kind) {
        const auto job = planned(acting::hook("act.once"));
        EXPECT_EQ(job.kind, kind);
        return job.why;
    };
    target->text.status = "refuse";
    EXPECT_EQ(why(Job::Kind::refused), "the status says so");
    target->text.status = "throw";
    EXPECT_EQ(why(Job::Kind::fault), "the plugin failed: it is thrown");
    target->text.type = "linear";
    EXPECT_EQ(why(Job::Kind::refused), "target 0 of the device is linear now, not act");
    target.reset();
    EXPECT_EQ(why(Job::Kind::refused), "the device is gone");
    firing.event.target.reset();
    EXPECT_EQ(why(Job::Kind::refused), "act.low is about no target of a device");
    EXPECT_EQ(planned(acting::hook("other.hook")).why, "no plugin has this hook");
}

} // namespace
} // namespace dmev
