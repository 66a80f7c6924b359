// SPDX-License-Identifier: Apache-2.0
// The line may be damaged, or of another version with other plugins: nothing in it is believed before it was
// looked at.
#include <algorithm>
#include <charconv>
#include <limits>

#include "base/rapidjson.hpp"
#include "engine/memory.hpp"

namespace dmev {
namespace {

using Json = rapidjson::Value;

struct Bad {
    std::string why;
};

const Json* find(const Json& object, const char* name) {
    if (!object.IsObject()) throw Bad{"an object is missing"};
    const auto it = object.FindMember(name);
    return it == object.MemberEnd() || it->value.IsNull() ? nullptr : &it->value;
}

std::string unhex(const Json& json) {
    const std::string digits{json.GetString(), json.GetStringLength()};
    std::string out;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned byte = 0;
        const auto* first = digits.data() + i;
        if (digits.size() - i < 2 || std::from_chars(first, first + 2, byte, 16).ptr != first + 2)
            throw Bad{"hex is not pairs of hexadecimal digits"};
        out += static_cast<char>(byte);
    }
    return out;
}

std::string text_of(const Json& json, const char* name) {
    if (json.IsString()) return {json.GetString(), json.GetStringLength()};
    const auto* bytes = json.IsObject() ? find(json, "hex") : nullptr;
    if (!bytes || !bytes->IsString()) throw Bad{std::string{name} + " is not a text"};
    return unhex(*bytes);
}

// What is empty is not written.
std::string text(const Json& in, const char* name) {
    const auto* json = find(in, name);
    return json ? text_of(*json, name) : std::string{};
}

bool flag(const Json& in, const char* name) {
    const auto* json = find(in, name);
    if (json && !json->IsBool()) throw Bad{std::string{name} + " is neither true nor false"};
    return json && json->GetBool();
}

std::optional<std::uint64_t> maybe_number(const Json& in, const char* name) {
    const auto* json = find(in, name);
    if (json && !json->IsUint64()) throw Bad{std::string{name} + " is not a number"};
    return json ? std::optional{json->GetUint64()} : std::nullopt;
}

std::uint64_t number(const Json& in, const char* name) {
    const auto value = maybe_number(in, name);
    if (!value) throw Bad{std::string{name} + " is missing"};
    return *value;
}

std::uint32_t number32(const Json& in, const char* name) {
    const auto value = number(in, name);
    if (value > std::numeric_limits<std::uint32_t>::max()) throw Bad{std::string{name} + " is too large"};
    return static_cast<std::uint32_t>(value);
}

std::optional<Time> time(const Json& in, const char* name) {
    const auto value = maybe_number(in, name);
    // Half of what a Time holds, so that adding a limit to it is safe; the year 2116.
    if (value && *value > std::uint64_t{1} << 62) throw Bad{std::string{name} + " is no time"};
    return value ? std::optional{Time{Duration{static_cast<std::int64_t>(*value)}}} : std::nullopt;
}

// The items of the list, none when there is no list.
std::vector<const Json*> items(const Json& in, const char* name) {
    std::vector<const Json*> out;
    const auto* json = find(in, name);
    if (!json) return out;
    if (!json->IsArray()) throw Bad{std::string{name} + " is not a list"};
    for (const auto& item : json->GetArray()) out.push_back(&item);
    return out;
}

Value value_of(const Json& json, int depth) {
    if (depth > 8) throw Bad{"data is nested too deeply"};
    if (json.IsNull()) return {std::numeric_limits<double>::quiet_NaN()};
    if (json.IsBool()) return {json.GetBool()};
    if (json.IsUint64()) return {std::uint64_t{json.GetUint64()}};
    if (json.IsInt64()) return {std::int64_t{json.GetInt64()}};
    if (json.IsNumber()) return {json.GetDouble()};
    if (!json.IsArray()) return {text_of(json, "data")};
    Value::List list;
    for (const auto& item : json.GetArray()) list.push_back(value_of(item, depth + 1));
    return {std::move(list)};
}

Fields data_of(const Json& in) {
    Fields fields;
    for (const auto* pair : items(in, "data")) {
        if (!pair->IsArray() || pair->Size() != 2) throw Bad{"data is not a list of pairs"};
        fields.emplace_back(text_of((*pair)[0], "data"), value_of((*pair)[1], 0));
    }
    return fields;
}

GaugeState gauge_of(const Json& json, const GaugeType& type) {
    const auto* level = find(json, "level");
    if (!level || !level->IsInt()) throw Bad{"level is not a number"};
    GaugeState gauge{type, {level->GetInt(), number(json, "used"), number(json, "total"), time(json, "at")}};
    const auto limits = items(json, "limits");
    const double now[] = {type.at, type.step, type.clear};
    if (!std::equal(limits.begin(), limits.end(), std::begin(now), std::end(now),
                    [](const Json* was, double is) { return was->IsNumber() && was->GetDouble() == is; }))
        gauge.retune();
    return gauge;
}

const EventType* type_of(const Json& json, const std::vector<EventType>& types) {
    const auto name = text(json, "type");
    const auto it = std::find_if(types.begin(), types.end(), [&](const auto& t) { return t.name == name; });
    return it == types.end() ? nullptr : &*it;
}

TargetState target_of(const Json& json, std::uint32_t index, const Claims& claims) {
    TargetState target;
    target.index = index;
    target.type = text(json, "type");
    target.start = number(json, "start");
    target.length = number(json, "length");
    if (const auto* table = find(json, "table")) target.table = text_of(*table, "table");
    const auto claim = claims.find(target.type);
    if (claim == claims.end()) return target; // its plugin is not there any more
    std::tie(target.plugin, target.claim) = claim->second;
    const auto& gauges = target.plugin->family().gauges;
    target.gauges.resize(gauges.size());
    target.in_doubt = flag(json, "in_doubt");
    if (const auto* last = find(json, "last")) {
        target.understood = true;
        target.last_table = find(*last, "table") ? text(*last, "table") : target.table.value_or("");
        target.last_status = text(*last, "status");
        target.last_start = number(*last, "start");
        target.last_length = number(*last, "length");
    }
    for (const auto* item : items(json, "gauges"))
        for (std::size_t i = 0; i < gauges.size(); ++i)
            if (text(*item, "name") == gauges[i].name) target.gauges[i] = gauge_of(*item, gauges[i]);
    // Of types that are no more there is nothing to tell.
    const auto& types = target.plugin->family().types;
    for (const auto* item : items(json, "told"))
        if (const auto* type = type_of(*item, types))
            target.told[{type->name, text(*item, "part")}] =
                std::max(number(*item, "times"), std::uint64_t{1});
    for (const auto* item : items(json, "shown"))
        if (const auto* type = type_of(*item, types)) target.shown.emplace(type->name, text(*item, "part"));
    return target;
}

// Could the engine have raised that there? Anything else would never end again.
bool may_hold(const Device& device, const ConditionKey& key) {
    const auto& name = key.type->name;
    const auto* target = key.target < device.targets.size() ? &device.targets[key.target] : nullptr;
    const auto* family = target && target->plugin ? &target->plugin->family() : nullptr;
    if (name == "device.table_error") return target && key.part == std::to_string(key.target);
    if (name == "device.status_unknown") return family && key.part == std::to_string(key.target);
    if (name == "monitor.plugin_failed") return family && key.part == family->name;
    if (name.starts_with("device.")) return key.target == kNoTarget && key.part.empty();
    if (!family || key.type->family() != family->name) return false;
    return key.part.empty() || std::none_of(family->gauges.begin(), family->gauges.end(),
                                            [&](const GaugeType& gauge) { return gauge.raises == name; });
}

// Nothing where nobody raises that there, which is noted.
std::optional<ConditionKey> key_of(const Json& json, const Device& device, const Catalogue& catalogue,
                                   bool condition, Recalled& recalled) {
    const auto name = text(json, "type");
    const auto* known = catalogue.find(name);
    const auto index = find(json, "target") ? number32(json, "target") : kNoTarget;
    ConditionKey key{index, known, text(json, "part")};
    if (!known || (condition && known->kind != Kind::condition) || !may_hold(device, key)) {
        recalled.left_out.push_back(name);
        return std::nullopt;
    }
    // Of a plugin's type the place in its own family is what the judge goes by.
    if (index < device.targets.size() && device.targets[index].plugin)
        for (const auto& own : device.targets[index].plugin->family().types)
            if (own.name == known->name) key.type = &own;
    return key;
}

void recall_conditions(const Json& json, const Catalogue& catalogue, Recalled& recalled) {
    auto& device = *recalled.device;
    for (const auto* item : items(json, "holding")) {
        const auto key = key_of(*item, device, catalogue, true, recalled);
        if (!key) continue;
        Holding holding{time(*item, "since").value_or(Time{}), time(*item, "lapses"), text(*item, "message"),
                        data_of(*item)};
        device.holding.insert_or_assign(*key, std::move(holding));
    }
    for (const auto* item : items(json, "waiting")) {
        const auto word = text(*item, "what");
        const auto what = word == "raise" ? Waiting::What::raise
                          : word == "end" ? Waiting::What::end
                                          : Waiting::What::happened;
        // That a condition came and went is a happening of its type.
        auto key = key_of(*item, device, catalogue, what != Waiting::What::happened, recalled);
        if (!key) continue;
        device.waiting.push_back({std::move(*key), what, time(*item, "deadline").value_or(Time{}),
                                  data_of(*item),
                                  Cause{text(*item, "source"), number32(*item, "steps"), {}}});
    }
}

// A gauge and its condition are one.
void reconcile_gauges(Device& device, const Catalogue& catalogue) {
    for (auto& target : device.targets)
        for (std::size_t i = 0; i < target.gauges.size(); ++i) {
            const auto& type = target.plugin->family().gauges[i];
            const auto* raises = catalogue.find(type.raises);
            if (!raises) continue;
            const auto it = device.holding.find({target.index, raises, ""});
            if (target.gauges[i].holds() == (it != device.holding.end())) continue;
            if (it != device.holding.end()) device.holding.erase(it);
            target.gauges[i] = {};
        }
}

Recalled recalled_from(const Json& json, DevNum devnum, const Catalogue& catalogue, const Claims& claims) {
    Recalled recalled{std::make_unique<Device>(), number(json, "told"), {}};
    auto& device = *recalled.device;
    device.id = {text(json, "name"), text(json, "uuid"), devnum, maybe_number(json, "diskseq")};
    device.event_nr = number32(json, "event_nr");
    device.announced = true;
    device.read = flag(json, "read");
    device.suspended = flag(json, "suspended");
    device.suspended_since = time(json, "suspended_since");
    device.read_only = flag(json, "read_only");
    device.unsettled = flag(json, "unsettled");
    device.last_dm_seqnum = maybe_number(json, "dm_seqnum");
    for (const auto* item : items(json, "targets"))
        device.targets.push_back(target_of(*item, static_cast<std::uint32_t>(device.targets.size()), claims));
    recall_conditions(json, catalogue, recalled);
    reconcile_gauges(device, catalogue);
    return recalled;
}

} // namespace

Result<Recalled> recall(std::string_view value, DevNum number, const Catalogue& catalogue,
                        const Claims& claims) {
    const auto bad = [&](std::string why) {
        return Error{ErrorKind::failed, "what was remembered cannot be read", "device " + number.text(),
                     std::move(why), "it is treated as one that was never seen"};
    };
    rapidjson::Document document;
    if (auto why = parse_exactly(document, value); !why.empty()) return bad(std::move(why));
    try {
        return recalled_from(document, number, catalogue, claims);
    } catch (const Bad& e) {
        return bad(e.why);
    }
}

void bound_times(Device& device, Time now, const EngineOptions& options) {
    if (device.suspended_since) device.suspended_since = std::min(*device.suspended_since, now);
    for (auto& [key, holding] : device.holding) {
        holding.since = std::min(holding.since, now);
        if (holding.lapses) holding.lapses = std::min(*holding.lapses, now + options.lapse);
    }
    for (auto& w : device.waiting) w.deadline = std::min(w.deadline, now + options.uevent_grace);
}

} // namespace dmev
