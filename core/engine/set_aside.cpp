// SPDX-License-Identifier: Apache-2.0
// A plugin that is not called any more: what held of its devices stays as it was last understood, in doubt.
#include "engine/impl.hpp"

namespace dmev {

void Engine::Impl::note_set_aside(const Plugin& plugin, const Cause& cause) {
    if (plugin.conduct().set_aside().empty() && set_aside.empty()) return;
    const auto& name = plugin.family().name;
    const auto& reason = plugin.conduct().set_aside();
    const auto& type = core_type("monitor.plugin_failed");
    if (reason.empty()) {
        if (set_aside.erase(name) > 0)
            judge.program(type, name, false, {{"reason", {std::string{"it is called again"}}}}, cause, false);
        return;
    }
    if (!set_aside.insert(name).second) return;
    judge.program(type, name, true, {{"reason", {reason}}}, cause, cause.source == "start");
    Said silence;
    silence.drop(Said::Outcome::set_aside, reason);
    for (const auto& [number, device] : registry.all()) {
        bool its = false;
        for (auto& target : device->targets) {
            if (target.plugin != &plugin || !target.understood) continue;
            its = true;
            not_understood(*device, target, silence, target.last_status, cause, false);
        }
        if (its) wish(*device, false);
        if (its) reschedule(*device);
    }
}

} // namespace dmev
