// SPDX-License-Identifier: Apache-2.0
// Plugin::plan: what a hook wants to be run, taken in word by word and believed only as a whole.
#include <fmt/format.h>

#include <algorithm>

#include "plugin/hearing.hpp"
#include "plugin/plugin.hpp"
#include "plugin/values.hpp"

namespace dmev {
namespace {

Planned fault(std::string why) {
    Planned planned;
    planned.outcome = Planned::Outcome::fault;
    planned.because = std::move(why);
    return planned;
}

// Where a plan's words go. The plugin holds a pointer to the first member, which is how we find the rest.
struct Planner {
    dmevent_plan plan;
    Planned planned;
    const Family* family;
    Hearing hearing;

    void violated(std::string why) { hearing.violated(std::move(why)); }

    template <class Take>
    static void hear(const dmevent_plan* p, Take&& take) noexcept {
        auto& to = *reinterpret_cast<Planner*>(const_cast<dmevent_plan*>(p));
        to.hearing.hear([&] { take(to); });
    }
};

// What no exec takes.
bool has_nul(std::string_view text) { return text.find('\0') != text.npos; }

void on_arg(const dmevent_plan* p, dmevent_str a) {
    Planner::hear(p, [&](Planner& to) {
        auto& managers = to.planned.managers;
        auto& argv = managers.empty() ? to.planned.argv : managers.back().instead;
        argv.push_back(to.hearing.in.text(a));
        if (has_nul(argv.back())) to.violated("an argument of its plan has a zero byte");
    });
}
void on_env(const dmevent_plan* p, dmevent_str n, dmevent_str v) {
    Planner::hear(p, [&](Planner& to) {
        auto name = to.hearing.in.text(n), value = to.hearing.in.text(v);
        if (name.empty() || name.find('=') != name.npos || has_nul(name) || has_nul(value))
            to.violated("its plan has an environment variable that cannot be one");
        to.planned.env.emplace_back(std::move(name), std::move(value));
    });
}
void on_because(const dmevent_plan* p, dmevent_str why) {
    Planner::hear(p, [&](Planner& to) { to.planned.because = Intake::reason(why); });
}
void on_lock(const dmevent_plan* p, dmevent_str key) {
    Planner::hear(p, [&](Planner& to) { to.planned.lock = to.hearing.in.text(key); });
}
void on_uninterruptible(const dmevent_plan* p) {
    Planner::hear(p, [&](Planner& to) { to.planned.interruptible = false; });
}
void on_unless_managed_by(const dmevent_plan* p, dmevent_str who) {
    Planner::hear(p, [&](Planner& to) {
        auto& managers = to.planned.managers;
        auto name = to.hearing.in.text(who);
        if (name != "dmeventd" && name != "multipathd")
            to.violated(fmt::format("nobody can ask '{}' whether it manages a device", name));
        if (std::any_of(managers.begin(), managers.end(), [&](const auto& m) { return m.who == name; }))
            to.violated(fmt::format("its plan asks '{}' twice", name));
        managers.push_back({std::move(name), {}});
    });
}
void on_until_ended(const dmevent_plan* p, std::uint32_t type, dmevent_str key) {
    Planner::hear(p, [&](Planner& to) {
        const auto& types = to.family->types;
        if (type >= types.size())
            to.violated(fmt::format("it named event type {}, it has {}", type, types.size()));
        else if (types[type].kind != Kind::condition)
            to.violated(
                fmt::format("its plan waits for the end of '{}', which is a happening", types[type].name));
        else {
            Expectation ended{Expectation::What::ended, types[type].name, {}, {}};
            to.hearing.in.key(key, ended.part);
            to.planned.expect.push_back(std::move(ended));
        }
    });
}
void on_until_grown(const dmevent_plan* p, std::uint32_t gauge) {
    Planner::hear(p, [&](Planner& to) {
        if (const auto& gauges = to.family->gauges; gauge >= gauges.size())
            to.violated(fmt::format("it named gauge {}, it has {}", gauge, gauges.size()));
        else
            to.planned.expect.push_back({Expectation::What::grown, gauges[gauge].name, {}, {}});
    });
}
void on_until_field(const dmevent_plan* p, const dmevent_field* field) {
    Planner::hear(p, [&](Planner& to) {
        StatedFields one;
        to.hearing.in.field(field, one);
        for (const auto& [name, value] : one)
            to.planned.expect.push_back({Expectation::What::field, name, {}, value});
    });
}

bool names_a_program(const std::vector<std::string>& argv) {
    return !argv.empty() && argv.front().starts_with('/');
}

// What is wrong with PLANNED, which the plugin says is complete; empty when nothing is.
std::string flaw(const Planned& planned) {
    if (!names_a_program(planned.argv)) return "its plan names no program by an absolute path";
    for (const auto& [who, instead] : planned.managers)
        if (!instead.empty() && !names_a_program(instead))
            return fmt::format("its plan names no program by an absolute path for '{}'", who);
    return {};
}

// What a call that ended with RESULT comes to.
Planned conclude(Planner& planner, int result) {
    auto& planned = planner.planned;
    if (planner.hearing.broken()) return fault(planner.hearing.violation());
    if (result == DMEVENT_REFUSED) {
        Planned refused;
        refused.outcome = Planned::Outcome::refused;
        refused.because = planned.because.empty() ? "it gave no reason" : std::move(planned.because);
        return refused;
    }
    if (result != DMEVENT_OK)
        return fault(planned.because.empty() ? fmt::format("it returned {}", result)
                                             : std::move(planned.because));
    if (auto why = flaw(planned); !why.empty()) return fault(std::move(why));
    return std::move(planned);
}

} // namespace

Planned Plugin::plan(std::uint32_t hook, const Event& event, const TargetView& target,
                     const Fields& args) const {
    if (hook >= family_.hooks.size()) return fault(fmt::format("it has no hook {}", hook));
    if (!conduct_->set_aside().empty()) {
        Planned refused;
        refused.outcome = Planned::Outcome::refused;
        refused.because = fmt::format("plugin '{}': {}", family_.name, conduct_->set_aside());
        return refused;
    }
    Planner planner{{sizeof(dmevent_plan), on_arg, on_env, on_because, on_lock, on_uninterruptible,
                     on_unless_managed_by, on_until_ended, on_until_grown, on_until_field},
                    {},
                    &family_,
                    {}};
    const ShownDevice device{*target.device};
    const auto shown = device.target(target);
    const Lent data{event.data}, arguments{args};
    const dmevent_event shown_event{sizeof(dmevent_event),
                                    static_cast<std::uint32_t>(event.severity),
                                    event.type.c_str(),
                                    borrow(event.part),
                                    &shown,
                                    data.data(),
                                    data.size()};
    const PluginCall call{conduct_->members(), "plan", &target};
    const auto begun = conduct_->now();
    const int result = call_plugin(call, planner.hearing, [&] {
        return descriptor_->plan(hook, &shown_event, arguments.data(), arguments.size(), &planner.plan);
    });
    auto planned = conclude(planner, result);
    // Told of by the action that fails; it says nothing of whether look() tells the truth.
    const bool counts = false;
    const auto because =
        planned.outcome == Planned::Outcome::fault ? std::string_view{planned.because} : std::string_view{};
    conduct_->judge(call, begun, because, counts);
    return planned;
}

} // namespace dmev
