// SPDX-License-Identifier: Apache-2.0
// A sound plugin for each animal of the zoo to break in one place. ZOO_NAME is the file's name without its
// ending: the build gives it, so that no two animals claim one target type.
#pragma once
#include <dmevent/plugin.hpp>
#include <iterator>
#include <stdexcept>

namespace zoo {

constexpr dmevent_claim claims[] = {{ZOO_NAME, 0}};
constexpr dmevent_type types[] = {
    {ZOO_NAME ".low", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr, "{device} is low", "low", ""},
    {ZOO_NAME ".grown", nullptr, DMEVENT_INFO, DMEVENT_HAPPENING, 0, nullptr, "{device} grew", "grown", ""},
};

struct Sound {
    static constexpr const char *name = ZOO_NAME, *version = "1";
    static constexpr auto& claims = zoo::claims;
    static constexpr auto& types = zoo::types;
    static bool look(const dmevent::Target* before, const dmevent::Target& now, dmevent::Say& say) {
        say.condition(0, dmevent::view(now.status) == "low");
        if (before && dmevent::view(before->status) != dmevent::view(now.status)) say.happened(1);
        return true;
    }
};

// The status on which the animals do what they are named for. At any other they behave, so that they get
// through their trial.
inline bool provoked(const dmevent_target* now) { return dmevent::view(now->status) == "provoke"; }

constexpr dmevent_plugin sound() { return dmevent::Bridge<Sound>::entry(); }

template <class Change>
constexpr dmevent_plugin broken(Change change) {
    auto entry = sound();
    change(entry);
    return entry;
}

inline dmevent_result plan_nothing(uint32_t, const dmevent_event*, const dmevent_field*, size_t,
                                   const dmevent_plan*) {
    return DMEVENT_REFUSED;
}

// A sound plugin with HOOKS.
template <size_t N>
constexpr dmevent_plugin hooked(const dmevent_hook (&hooks)[N],
                                decltype(dmevent_plugin::plan) plan = plan_nothing) {
    auto entry = sound();
    entry.hooks = hooks, entry.n_hooks = N, entry.plan = plan;
    return entry;
}

} // namespace zoo

#define ZOO_ANIMAL(entry) \
    extern "C" DMEVENT_EXPORT constinit const dmevent_plugin dmevent_plugin_entry = entry
