// SPDX-License-Identifier: Apache-2.0
// Plans that break the contract, a hook for each; "whole" is one that does not, and says all there is to say.
#include "zoo.hpp"

namespace {

using dmevent::Plan;

constexpr dmevent_gauge gauges[] = {{"use", nullptr, "blocks", 0, 0, 0}};
constexpr dmevent_param params[] = {{"much", DMEVENT_UINT, 1, "how much"}, {"why", DMEVENT_TEXT, 0, "why"}};

constexpr dmevent_hook hook(const char* name) { return {name, "", nullptr, 0, nullptr, nullptr}; }
constexpr dmevent_hook hooks[] = {
    {"plans.whole", "says all there is", params, std::size(params), "activation/policy=warn", "why"},
    hook("plans.refuses"),
    hook("plans.refuses_mutely"),
    hook("plans.no_program"),
    hook("plans.only_instead"),
    hook("plans.relative"),
    hook("plans.relative_instead"),
    hook("plans.nul"),
    hook("plans.bad_env"),
    hook("plans.huge"),
    hook("plans.stranger"),
    hook("plans.asks_twice"),
    hook("plans.type_range"),
    hook("plans.happening"),
    hook("plans.gauge_range"),
    hook("plans.kind"),
    hook("plans.nameless"),
    hook("plans.fails"),
};

void whole(const dmevent_event* event, Plan& plan) {
    plan.run({"/bin/mend", dmevent::view(event->target->device->name), dmevent::view(event->key)});
    plan.env("WHY", "so");
    plan.lock("vg:data");
    plan.uninterruptible();
    plan.until_ended(0);
    plan.until_ended(0, "8:16");
    plan.until_grown(0);
    plan.until_field("queueing", false);
    plan.unless_managed_by("dmeventd");
    plan.unless_managed_by("multipathd", {"/bin/ask", "it"});
}

dmevent_result plan(uint32_t hook, const dmevent_event* event, const dmevent_field*, size_t n,
                    const dmevent_plan* port) {
    Plan plan{port};
    const std::string_view name =
        dmevent::view({hooks[hook].name, __builtin_strlen(hooks[hook].name)}).substr(6);
    const auto is = [&](std::string_view other) { return name == other; };
    if (is("whole")) {
        if (n == 0) return DMEVENT_REFUSED;
        return whole(event, plan), DMEVENT_OK;
    }
    if (is("refuses")) return plan.run({"/bin/mend"}), plan.refuse("nothing to mend"), DMEVENT_REFUSED;
    if (is("refuses_mutely")) return DMEVENT_REFUSED;
    if (is("fails")) return plan.refuse("out of ideas"), DMEVENT_FAULT;
    if (is("no_program")) return DMEVENT_OK;
    if (is("only_instead")) return plan.unless_managed_by("multipathd", {"/bin/ask"}), DMEVENT_OK;
    plan.run({is("relative") ? "mend" : "/bin/mend"});
    if (is("nul")) plan.run({std::string_view{"a\0b", 3}});
    if (is("bad_env")) plan.env("A=B", "c");
    if (is("huge")) plan.lock({"x", SIZE_MAX});
    if (is("stranger")) plan.unless_managed_by("mdmon");
    if (is("asks_twice")) plan.unless_managed_by("dmeventd"), plan.unless_managed_by("dmeventd");
    if (is("relative_instead")) plan.unless_managed_by("multipathd", {"ask"});
    if (is("type_range")) plan.until_ended(9);
    if (is("happening")) plan.until_ended(1);
    if (is("gauge_range")) plan.until_grown(9);
    if (is("kind")) {
        dmevent_field field = dmevent::Field{"queueing", true};
        field.kind = 99;
        port->until_field(port, &field);
    }
    if (is("nameless")) plan.until_field("", true);
    return DMEVENT_OK;
}

constexpr dmevent_plugin entry() {
    auto it = zoo::hooked(hooks, plan);
    it.gauges = gauges, it.n_gauges = 1;
    return it;
}

} // namespace

ZOO_ANIMAL(entry());
