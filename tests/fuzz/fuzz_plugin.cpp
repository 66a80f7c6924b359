// SPDX-License-Identifier: Apache-2.0
// One plugin through the core's calls. Lines of the input: target type, table, status before, status now, and
// the rest NAME=VALUE lines of a uevent. Whatever they hold, the plugin answers ok or unknown, and the same
// twice. What its hooks plan on it breaks no rule either.
#include "input.hpp"
#include "plugin/plugin.hpp"

using namespace dmev;

namespace {

void check(const Plugin& plugin, const TargetView* before, const TargetView& now) {
    const auto first = plugin.look(before, now), second = plugin.look(before, now);
    promise(first.outcome != Said::Outcome::fault);
    promise(first.outcome == second.outcome && first.conditions.size() == second.conditions.size());
}

void check_plans(const Plugin& plugin, const TargetView& now) {
    const auto& family = plugin.family();
    for (std::uint32_t hook = 0; hook < family.hooks.size(); ++hook) {
        for (const auto& type : family.types) {
            Event event;
            event.type = type.name;
            promise(plugin.plan(hook, event, now, {}).outcome != Planned::Outcome::fault);
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Plugin plugin = *Plugin::adopt(&dmevent_plugin_entry, "fuzzed", nullptr);
    auto rest = view(data, size);
    const auto& claims = plugin.family().claims;
    const auto type_line = next_line(rest);
    const auto& type = claims[type_line.size() % claims.size()].target;
    const std::string table{next_line(rest)}, old_status{next_line(rest)}, status{next_line(rest)};
    const DeviceId device{"vg-lv", "LVM-1-tpool", {253, 0}, 1};
    const TargetView before{&device, 0, 0, 32768, type, table, old_status},
        now{&device, 0, 0, 32768, type, table, status};
    check(plugin, nullptr, now);
    if (plugin.look(nullptr, before).outcome == Said::Outcome::ok) check(plugin, &before, now);
    check_plans(plugin, now);
    UeventReading uevent;
    while (!rest.empty()) {
        const auto line = next_line(rest);
        const auto name = line.substr(0, line.find('='));
        uevent.env.emplace_back(name, line.substr(std::min(name.size() + 1, line.size())));
    }
    if (plugin.has_uevent()) promise(plugin.uevent(now, uevent).outcome != Said::Outcome::fault);
    return 0;
}
