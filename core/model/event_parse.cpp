// SPDX-License-Identifier: Apache-2.0
// Reads back what event_json() writes, for --explain and for what a successor is told. What rules can do
// without is not asked for.
#include <charconv>
#include <limits>

#include "model/event_parse.hpp"

namespace dmev {
namespace {

using Json = rapidjson::Value;

struct Bad {
    std::string why;
};

std::string own(const Json& text) { return {text.GetString(), text.GetStringLength()}; }

const Json* find(const Json& object, const char* name) {
    const auto it = object.FindMember(name);
    return it == object.MemberEnd() || it->value.IsNull() ? nullptr : &it->value;
}

std::string text(const Json& object, const char* name, const char* otherwise = nullptr) {
    const auto* value = find(object, name);
    if (!value && otherwise) return otherwise;
    if (!value) throw Bad{std::string{name} + " is missing"};
    if (!value->IsString()) throw Bad{std::string{name} + " is not a string"};
    return own(*value);
}

bool flag(const Json& object, const char* name) {
    const auto* value = find(object, name);
    if (value && !value->IsBool()) throw Bad{std::string{name} + " is neither true nor false"};
    return value && value->GetBool();
}

std::uint32_t number(const Json& object, const char* name) {
    const auto* value = find(object, name);
    if (!value) return 0;
    if (!value->IsUint()) throw Bad{std::string{name} + " is not a number from 0 to 4294967295"};
    return value->GetUint();
}

std::optional<std::uint64_t> large_number(const Json& object, const char* name) {
    const auto* value = find(object, name);
    if (!value) return std::nullopt;
    if (!value->IsUint64()) throw Bad{std::string{name} + " is not a whole number from 0 on"};
    return value->GetUint64();
}

const Json* object(const Json& in, const char* name) {
    const auto* value = find(in, name);
    if (value && !value->IsObject()) throw Bad{std::string{name} + " is not an object"};
    return value;
}

Value value_of(const Json& json, int depth) {
    if (depth > 8) throw Bad{"data is nested too deeply"};
    if (json.IsNull()) return {std::numeric_limits<double>::quiet_NaN()}; // what JSON has no number for
    if (json.IsString()) return {own(json)};
    if (json.IsBool()) return {json.GetBool()};
    if (json.IsUint64()) return {std::uint64_t{json.GetUint64()}};
    if (json.IsInt64()) return {std::int64_t{json.GetInt64()}};
    if (json.IsNumber()) return {json.GetDouble()};
    if (!json.IsArray()) throw Bad{"data holds a value that no event has"};
    Value::List list;
    for (const auto& item : json.GetArray()) list.push_back(value_of(item, depth + 1));
    return {std::move(list)};
}

template <class Enum, std::size_t N>
Enum one_of(const std::string& word, const char* member, const Enum (&values)[N], const char* (*name)(Enum)) {
    std::string known;
    for (const auto value : values) {
        if (word == name(value)) return value;
        known += std::string{known.empty() ? "" : ", "} + name(value);
    }
    throw Bad{std::string{member} + " is none of " + known};
}

// The bytes themselves, where they were no UTF-8.
std::string bytes(const Json& json, const char* name, const char* otherwise = nullptr) {
    const auto digits = text(json, (std::string{name} + "_hex").c_str(), "");
    if (digits.empty()) return text(json, name, otherwise);
    std::string out;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned byte = 0;
        const auto* first = digits.data() + i;
        if (digits.size() - i < 2 || std::from_chars(first, first + 2, byte, 16).ptr != first + 2)
            throw Bad{std::string{name} + "_hex is not pairs of hexadecimal digits"};
        out += static_cast<char>(byte);
    }
    return out;
}

DeviceId device_of(const Json& json) {
    DeviceId id;
    id.name = bytes(json, "name");
    id.uuid = bytes(json, "uuid", "");
    id.number = {number(json, "major"), number(json, "minor")};
    return id;
}

Event event_of(const Json& json) {
    if (!json.IsObject()) throw Bad{"it is not an object"};
    if (text(json, "schema", "dmevent/1") != "dmevent/1") throw Bad{"schema is not dmevent/1"};
    Event event;
    event.id = text(json, "id", "");
    event.type = text(json, "type");
    if (const auto time = text(json, "time", ""); !time.empty()) {
        const auto parsed = parse_utc(time);
        if (!parsed) throw Bad{"time is not of the form 2026-01-31T10:15:02.123456789Z"};
        event.time = *parsed;
    }
    constexpr Severity severities[] = {Severity::info, Severity::notice, Severity::warning, Severity::error,
                                       Severity::critical};
    constexpr State states[] = {State::raised, State::cleared, State::happened};
    event.severity = one_of(text(json, "severity"), "severity", severities, severity_name);
    event.state = one_of(text(json, "state"), "state", states, state_name);
    event.initial = flag(json, "initial");
    event.repeat = flag(json, "repeat");
    event.inferred = flag(json, "inferred");
    event.source = text(json, "source", "");
    event.message = text(json, "message", "");
    event.part = text(json, "part", "");
    if (const auto* device = object(json, "device")) event.device = device_of(*device);
    if (const auto* target = object(json, "target"))
        event.target = EventTarget{text(*target, "type"), number(*target, "index")};
    if (const auto* kernel = object(json, "kernel"))
        event.kernel = EventKernel{number(*kernel, "event_nr"), number(*kernel, "steps")};
    if (const auto* uevent = object(json, "uevent"))
        event.uevent = EventUevent{text(*uevent, "action", ""), large_number(*uevent, "seqnum"),
                                   large_number(*uevent, "dm_seqnum"), text(*uevent, "dm_action", "")};
    if (const auto* data = object(json, "data"))
        for (const auto& member : data->GetObject())
            event.data.emplace_back(own(member.name), value_of(member.value, 0));
    return event;
}

Error bad(std::string why) {
    return {ErrorKind::failed, "not an event", "", std::move(why),
            "give what `dmevent_tool --json` prints, one object a line"};
}

} // namespace

Result<Event> parse_event(std::string_view json) {
    rapidjson::Document document;
    if (auto why = parse_exactly(document, json); !why.empty()) return bad(std::move(why));
    return parse_event(document);
}

Result<Event> parse_event(const rapidjson::Value& json) {
    try {
        return event_of(json);
    } catch (const Bad& e) {
        return bad(e.why);
    }
}

} // namespace dmev
