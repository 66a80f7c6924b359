// SPDX-License-Identifier: Apache-2.0
#include "rules/matcher.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "rules/compare.hpp"

namespace dmev {
namespace {

// What of EVENT a term is about; or, when there is no such thing, why.
struct Found {
    std::optional<Value> value;
    std::string missing;
};

Found lvm(const Event& event, std::string LvmName::*part) {
    if (!event.device) return {{}, "the event is about no device"};
    auto name = split_lvm(*event.device).*part;
    if (name.empty()) return {{}, "'" + escape(event.device->name) + "' is no volume of LVM"};
    return {Value{std::move(name)}, {}};
}

Found find(const Event& event, const std::string& key) {
    if (key.starts_with("data.")) {
        if (const auto* value = find_field(event.data, std::string_view{key}.substr(5))) return {*value, {}};
        return {{}, "the event has no such field"};
    }
    if (key == "device" || key == "uuid") {
        if (!event.device) return {{}, "the event is about no device"};
        if (key == "device") return {Value{event.device->name}, {}};
        if (event.device->uuid.empty()) return {{}, "'" + escape(event.device->name) + "' has none"};
        return {Value{event.device->uuid}, {}};
    }
    if (key == "vg") return lvm(event, &LvmName::vg);
    if (key == "lv") return lvm(event, &LvmName::lv);
    if (key == "target") {
        if (!event.target) return {{}, "the event is about no target"};
        return {Value{event.target->type}, {}};
    }
    if (key == "type") return {Value{event.type}, {}};
    if (key == "part") return {Value{event.part}, {}};
    if (key == "severity") return {Value{std::string{severity_name(event.severity)}}, {}};
    if (key == "state") return {Value{std::string{state_name(event.state)}}, {}};
    if (key == "source") return {Value{event.source}, {}};
    if (key == "initial") return {Value{event.initial}, {}};
    if (key == "repeat") return {Value{event.repeat}, {}};
    if (key == "inferred") return {Value{event.inferred}, {}};
    return {{}, "there is no such key"};
}

} // namespace

bool is_out(const Rule& rule, const Event& event) {
    const auto text_of = [&event](const std::string& key) -> const std::string* {
        if (key == "device") return event.device ? &event.device->name : nullptr;
        if (key == "uuid") return event.device ? &event.device->uuid : nullptr;
        if (key == "part") return &event.part;
        return nullptr;
    };
    return std::any_of(rule.match.begin(), rule.match.end(), [&](const Term& term) {
        const auto* text = text_of(term.key);
        return text && is_unlike(term, *text);
    });
}

Match match(const Rule& rule, const Event& event) {
    if (!rule.settings.enabled) return {false, "the rule is disabled (enabled: false)"};
    if (!rule.on.wants(event)) return {false, "on: does not name " + escape(event.type)};
    if (event.state == State::cleared && !rule.wants_ends)
        return {false, "state is cleared, and match: does not ask for ends"};
    if (event.repeat && !rule.wants_repeat)
        return {false, "it repeats what already held, and match: does not ask for that"};
    for (const auto& term : rule.match) {
        const auto found = find(event, term.key);
        if (!found.value) return {false, term.key + ": " + found.missing};
        if (const auto why = differs(term, *found.value)) return {false, term.key + " " + *why};
    }
    return {true, {}};
}

} // namespace dmev
