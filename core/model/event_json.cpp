// SPDX-License-Identifier: Apache-2.0
// The event as JSON: a contract with whoever reads it. Members are added, never changed;
// config/event.schema.json is the same in a form that is checked.
#include "model/event_json.hpp"

#include "base/text.hpp"

namespace dmev {
namespace {

void put_value(JsonWriter& json, const Value& value) {
    std::visit(
        [&json](const auto& v) {
            if constexpr (std::is_same_v<std::decay_t<decltype(v)>, Value::List>) {
                json.begin_array();
                for (const auto& item : v) put_value(json, item);
                json.end_array();
            } else {
                json.value(v);
            }
        },
        value.v);
}

void put_uevent(JsonWriter& json, const EventUevent& uevent) {
    json.begin_object().member("action", uevent.action);
    if (uevent.seqnum) json.member("seqnum", *uevent.seqnum);
    if (uevent.dm_seqnum) json.member("dm_seqnum", *uevent.dm_seqnum);
    if (!uevent.dm_action.empty()) json.member("dm_action", uevent.dm_action);
    json.end_object();
}

} // namespace

void put_device(JsonWriter& json, const DeviceId& id) {
    json.begin_object().member("name", id.name);
    if (id.name.find('\\') != id.name.npos)
        if (const auto display = unmangle(id.name); display != id.name) json.member("display_name", display);
    if (!is_utf8(id.name)) json.member("name_hex", hex(id.name));
    json.member("uuid", id.uuid);
    if (!is_utf8(id.uuid)) json.member("uuid_hex", hex(id.uuid));
    json.member("major", id.number.major).member("minor", id.number.minor);
    json.member("path", "/dev/dm-" + std::to_string(id.number.minor)).end_object();
}

void put_target(JsonWriter& json, const EventTarget& target) {
    json.begin_object().member("type", target.type).member("index", target.index).end_object();
}

void put_words(JsonWriter& json, const std::vector<std::string>& words) {
    json.begin_array();
    for (const auto& word : words) json.value(word);
    json.end_array();
}

void put_fields(JsonWriter& json, const Fields& fields) {
    json.begin_object();
    for (const auto& [name, value] : fields) {
        json.key(name);
        put_value(json, value);
    }
    json.end_object();
}

std::string event_json(const Event& event) {
    std::string line;
    line.reserve(768);
    JsonWriter json{line};
    json.begin_object().member("schema", "dmevent/1").member("id", event.id);
    json.member("time", format_utc(event.time)).member("type", event.type);
    json.member("severity", severity_name(event.severity)).member("state", state_name(event.state));
    json.member("initial", event.initial);
    if (event.repeat) json.member("repeat", true);
    if (event.inferred) json.member("inferred", true);
    json.member("source", event.source).member("message", event.message);
    if (event.device) put_device(json.key("device"), *event.device);
    if (event.target) put_target(json.key("target"), *event.target);
    json.member("part", event.part);
    if (event.kernel) {
        json.key("kernel").begin_object().member("event_nr", event.kernel->event_nr);
        json.member("steps", event.kernel->steps).end_object();
    }
    if (event.uevent) put_uevent(json.key("uevent"), *event.uevent);
    put_fields(json.key("data"), event.data);
    json.end_object();
    return line;
}

} // namespace dmev
