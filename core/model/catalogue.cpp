// SPDX-License-Identifier: Apache-2.0
#include "model/catalogue.hpp"

namespace dmev {
namespace {

using enum Severity;
using enum Kind;

EventType type(const char* name, Severity severity, Kind kind, const char* ends_as, const char* message,
               const char* summary, const char* help) {
    EventType t;
    t.name = name;
    t.severity = severity;
    t.kind = kind;
    t.ends_as = ends_as;
    t.message = message;
    t.summary = summary;
    t.help = help;
    return t;
}

Family device_family() {
    return {
        "device",
        "",
        "",
        {},
        {
            type("device.added", info, happening, "", "{device} was created", "a device appeared", ""),
            type("device.removed", info, happening, "", "{device} was removed", "a device went away", ""),
            type("device.renamed", info, happening, "", "{device} was renamed from {old_name}",
                 "a device has another name", ""),
            type("device.table_changed", info, happening, "", "{device} has another table",
                 "a table was loaded, or a target rewrote its line", ""),
            type("device.resized", info, happening, "",
                 "{device} went from {old_sectors} to {sectors} sectors", "a device has another size", ""),
            type("device.read_only", warning, condition, "", "{device} is read-only",
                 "a device takes no writes",
                 "Whoever writes to it gets errors; reload it writable if that was not meant."),
            type("device.suspended_long", warning, condition, "",
                 "{device} is suspended for more than {limit_s} s", "a device is suspended for long",
                 "Its users hang until somebody resumes it: find the command that suspended it, or `dmsetup "
                 "resume`."),
            type("device.table_error", error, condition, "",
                 "{device}: target {key} is `error`, every access fails", "a target was replaced by `error`",
                 "Something under it is missing; activate that and reload."),
            type("device.unresponsive", critical, condition, "device.responsive",
                 "{device} does not answer a status call, {devices} cannot be read",
                 "a status call hangs in the kernel",
                 "Something below it hangs, often a multipath map that queues without a path."),
            type("device.responsive", notice, happening, "", "{device} answers again",
                 "a hanging status call came back", ""),
            type("device.status_unknown", notice, condition, "",
                 "{device}: status of target {key} ({target}) is not understood: {status}",
                 "a plugin does not understand a status line",
                 "The kernel may be newer than the plugin: report the text."),
        },
        {}};
}

Family action_family() {
    return {"action",
            "",
            "",
            {},
            {
                type("action.finished", info, happening, "", "{action} for {device} finished",
                     "an action ended well", ""),
                type("action.failed", error, happening, "", "{action} for {device} failed: {reason}",
                     "an action failed", ""),
                type("action.no_effect", error, happening, "",
                     "{action} for {device} ended well but changed nothing", "an action had no effect", ""),
                type("action.overdue", error, happening, "",
                     "{action} for {device} runs longer than it should and is left to finish",
                     "an action takes too long", ""),
                type("action.suspended", critical, condition, "",
                     "{action} for {device} ran too often and is suspended", "an action ran too often", ""),
            },
            {}};
}

Family monitor_family() {
    return {"monitor",
            "",
            "",
            {},
            {
                type("monitor.overrun", warning, happening, "",
                     "the kernel sent uevents faster than they were read, some are lost; every device is "
                     "read again",
                     "uevents were lost", ""),
                type("monitor.plugin_failed", error, condition, "",
                     "plugin {key} failed on {device}: {reason}", "a plugin broke its contract",
                     "Report it to the plugin's author; the device is not understood meanwhile."),
                type("monitor.store_failed", error, condition, "", "the history cannot be written: {reason}",
                     "the history cannot be written", ""),
            },
            {}};
}

} // namespace

const char* param_kind_name(ParamKind kind) {
    switch (kind) {
        case ParamKind::integer: return "integer";
        case ParamKind::unsigned_integer: return "unsigned";
        case ParamKind::real: return "real";
        case ParamKind::boolean: return "boolean";
        case ParamKind::text: return "text";
        case ParamKind::list: return "list";
    }
    return "text";
}

Catalogue::Catalogue() {
    add(device_family());
    add(action_family());
    add(monitor_family());
}

const Family& Catalogue::add(Family family) {
    const auto& added = families_.emplace_back(std::move(family));
    for (const auto& type : added.types) {
        types_.emplace(type.name, &type);
        if (!type.alias.empty()) types_.emplace(type.alias, &type);
    }
    return added;
}

const EventType* Catalogue::find(std::string_view name) const {
    const auto it = types_.find(name);
    return it == types_.end() ? nullptr : it->second;
}

const Family* Catalogue::family(std::string_view name) const {
    for (const auto& family : families_)
        if (family.name == name) return &family;
    return nullptr;
}

const TargetClaim* Catalogue::claim(std::string_view target) const {
    for (const auto& family : families_)
        for (const auto& claim : family.claims)
            if (claim.target == target) return &claim;
    return nullptr;
}

const HookType* Catalogue::hook(std::string_view name) const {
    for (const auto& family : families_)
        for (const auto& hook : family.hooks)
            if (hook.name == name) return &hook;
    return nullptr;
}

std::vector<std::string> Catalogue::words() const {
    std::vector<std::string> out;
    for (const auto& family : families_) {
        out.push_back(family.name);
        for (const auto& type : family.types) {
            out.push_back(type.name);
            if (!type.alias.empty()) out.push_back(type.alias);
        }
    }
    return out;
}

} // namespace dmev
