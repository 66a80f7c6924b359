// SPDX-License-Identifier: Apache-2.0
// The list of everything that can be seen, as plain values: --list-events, selections, completions and the
// configuration all read it. Filled by the core for its own families and by each plugin that was loaded.
#pragma once
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "model/event.hpp"

namespace dmev {

enum class Kind { condition, happening };

struct EventType {
    std::string name;  // "thin.low_water"
    std::string alias; // "_thin_low_water", or empty
    std::string family() const { return name.substr(0, name.find('.')); }
    Severity severity = Severity::info;
    Kind kind = Kind::happening;
    bool by_uevent = false;    // the kernel sends a uevent for it
    bool each = false;         // every such uevent is an event
    bool lists_served = false; // the engine adds the volumes that the device serves
    std::string ends_as;       // the type raised when it ends, or empty: itself, cleared
    std::string message;       // template: {device}, {key}, fields
    std::string summary;
    std::string help;
};

struct GaugeType {
    std::string name;
    std::string raises; // a type, or empty for mere progress
    std::string unit;
    double at = 0, step = 0, clear = 0; // percent; at 0: off
};

struct TargetClaim {
    std::string target;
    bool table = false;       // show the table line
    bool served_by = false;   // the first word of the table is the device that answers for it
    bool table_moves = false; // the table line shows state too: another text alone is no reload
    bool settles = false;     // first status after a resume, a reload or the creation is provisional
};

enum class ParamKind { integer, unsigned_integer, real, boolean, text, list };
const char* param_kind_name(ParamKind kind);

struct HookParam {
    std::string name;
    ParamKind kind = ParamKind::text;
    bool required = false;
    std::string help;
};

// What a plugin can plan: a program that acts on one of its targets.
struct HookType {
    std::string name; // "thin.extend"
    std::string help;
    std::vector<HookParam> params;
    std::string noop_if;     // "activation/raid_fault_policy=warn" in lvm.conf: it does nothing, unless
    std::string noop_unless; // this parameter is given
};

// One family: the core's own, or a plugin's.
struct Family {
    std::string name;
    std::string version; // empty for the core's
    std::string file;    // where the plugin came from; empty for the core's
    std::vector<TargetClaim> claims;
    std::vector<EventType> types;
    std::vector<GaugeType> gauges;
    std::vector<HookType> hooks;
};

class Catalogue {
 public:
    // With the core's own families: device, action, monitor.
    Catalogue();
    Catalogue(const Catalogue&) = delete; // references stay valid
    Catalogue(Catalogue&&) = default;

    // References stay valid. REQUIRES: names were checked by the loader.
    const Family& add(Family family);

    const std::deque<Family>& families() const { return families_; }
    const EventType* find(std::string_view name_or_alias) const;
    const Family* family(std::string_view name) const;
    const TargetClaim* claim(std::string_view target) const;
    const HookType* hook(std::string_view name) const;

    // Every word a selection may use: families, types, aliases.
    std::vector<std::string> words() const;

 private:
    std::deque<Family> families_;
    std::unordered_map<std::string_view, const EventType*> types_; // by name and by alias
};

// Which events are wanted: families (`thin`), types (`thin.low_water`), globs (`thin.*`), aliases.
class Selection {
 public:
    static Selection everything();
    // An unknown word is a usage error that suggests the nearest and points at --list-events.
    static Result<Selection> parse(std::span<const std::string> words, const Catalogue& catalogue);

    bool wants(const Event& event) const { return wants_type(event.type); }
    bool wants_type(std::string_view type) const;

 private:
    bool all_ = false;
    std::vector<std::string> types_; // sorted
};

} // namespace dmev
