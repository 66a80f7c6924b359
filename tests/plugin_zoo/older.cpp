// SPDX-License-Identifier: Apache-2.0
// Built when hooks had four members and a plan three functions: it works, and says what it could say then.
#include "zoo.hpp"

namespace {

struct OlderHook {
    const char *name, *help;
    const dmevent_param* params;
    size_t n_params;
};
struct OlderPlan {
    uint32_t size;
    void (*arg)(const OlderPlan*, dmevent_str);
    void (*env)(const OlderPlan*, dmevent_str, dmevent_str);
    void (*because)(const OlderPlan*, dmevent_str);
};

constexpr OlderHook hooks[] = {{"older.mend", "", nullptr, 0}, {"older.end", "", nullptr, 0}};

#ifdef __clang__ // the older struct is another type to the sanitizer, which is the point
__attribute__((no_sanitize("function")))
#endif
dmevent_result
plan(uint32_t hook, const dmevent_event*, const dmevent_field*, size_t, const dmevent_plan* now) {
    const auto* plan = reinterpret_cast<const OlderPlan*>(now);
    plan->arg(plan, dmevent::str(hook == 0 ? "/bin/mend" : "/bin/end"));
    return DMEVENT_OK;
}

dmevent_plugin entry() {
    auto it = zoo::sound();
    it.hooks = reinterpret_cast<const dmevent_hook*>(hooks), it.n_hooks = std::size(hooks);
    it.hook_size = sizeof(OlderHook);
    it.plan = plan;
    return it;
}

} // namespace

extern "C" {
const dmevent_plugin dmevent_plugin_entry = entry(); // before anybody can look it up
}
