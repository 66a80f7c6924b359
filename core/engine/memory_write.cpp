// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "base/text.hpp"
#include "engine/memory.hpp"

namespace dmev {
namespace {

void put_text(JsonWriter& json, std::string_view text) {
    if (is_utf8(text))
        json.value(text);
    else
        json.begin_object().member("hex", hex(text)).end_object();
}

void put(JsonWriter& json, std::string_view name, std::string_view text) {
    if (text.empty()) return;
    put_text(json.key(name), text);
}

void put(JsonWriter& json, std::string_view name, std::optional<Time> time) {
    if (time) json.member(name, std::int64_t{time->time_since_epoch().count()});
}

void put_flag(JsonWriter& json, std::string_view name, bool is) {
    if (is) json.member(name, true);
}

void put_value(JsonWriter& json, const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value.v)) return put_text(json, *text);
    const auto* list = std::get_if<Value::List>(&value.v);
    if (!list) {
        std::visit(
            [&json](const auto& v) {
                if constexpr (std::is_arithmetic_v<std::decay_t<decltype(v)>>) json.value(v);
            },
            value.v);
        return;
    }
    json.begin_array();
    for (const auto& item : *list) put_value(json, item);
    json.end_array();
}

// A list of pairs, since a name may be any bytes.
void put_data(JsonWriter& json, const Fields& fields) {
    if (fields.empty()) return;
    json.key("data").begin_array();
    for (const auto& [name, value] : fields) {
        json.begin_array();
        put_text(json, name);
        put_value(json, value);
        json.end_array();
    }
    json.end_array();
}

void put_key(JsonWriter& json, const ConditionKey& key) {
    json.member("type", key.type->name);
    if (key.target != kNoTarget) json.member("target", key.target);
    put(json, "part", key.part);
}

void put_gauges(JsonWriter& json, const TargetState& target) {
    if (target.gauges.empty()) return;
    json.key("gauges").begin_array();
    for (std::size_t i = 0; i < target.gauges.size(); ++i) {
        const auto saved = target.gauges[i].saved();
        if (!saved.at) continue; // it was never stated
        const auto& type = target.plugin->family().gauges[i];
        json.begin_object().member("name", type.name).member("level", saved.level);
        json.member("used", saved.used).member("total", saved.total);
        put(json, "at", saved.at);
        // With other limits its level is another.
        json.key("limits").begin_array().value(type.at).value(type.step).value(type.clear).end_array();
        json.end_object();
    }
    json.end_array();
}

void put_target(JsonWriter& json, const TargetState& target) {
    json.begin_object();
    put(json, "type", target.type);
    json.member("start", target.start).member("length", target.length);
    if (target.table) put_text(json.key("table"), *target.table);
    put_flag(json, "in_doubt", target.in_doubt);
    if (target.understood) {
        json.key("last").begin_object();
        if (target.last_table != target.table.value_or("")) put_text(json.key("table"), target.last_table);
        put(json, "status", target.last_status);
        json.member("start", target.last_start).member("length", target.last_length).end_object();
    }
    put_gauges(json, target);
    if (!target.told.empty()) {
        json.key("told").begin_array();
        for (const auto& [what, times] : target.told) {
            json.begin_object();
            put(json, "type", what.first);
            put(json, "part", what.second);
            json.member("times", times).end_object();
        }
        json.end_array();
    }
    if (!target.shown.empty()) {
        json.key("shown").begin_array();
        for (const auto& [type, part] : target.shown) {
            json.begin_object();
            put(json, "type", type);
            put(json, "part", part);
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
}

void put_holding(JsonWriter& json, const Device& device) {
    json.key("holding").begin_array();
    for (const auto& [key, holding] : device.holding) {
        json.begin_object();
        put_key(json, key);
        put(json, "since", holding.since);
        put(json, "lapses", holding.lapses);
        put(json, "message", holding.message);
        put_data(json, holding.data);
        json.end_object();
    }
    json.end_array();
}

void put_waiting(JsonWriter& json, const Device& device) {
    if (device.waiting.empty()) return;
    json.key("waiting").begin_array();
    for (const auto& w : device.waiting) {
        json.begin_object();
        put_key(json, w.key);
        json.member("what", w.what == Waiting::What::raise ? "raise"
                            : w.what == Waiting::What::end ? "end"
                                                           : "happened");
        put(json, "deadline", w.deadline);
        put(json, "source", w.cause.source);
        json.member("steps", w.cause.steps);
        put_data(json, w.data);
        json.end_object();
    }
    json.end_array();
}

} // namespace

std::string remember(const Device& device, std::uint64_t told) {
    std::string line;
    line.reserve(1024);
    JsonWriter json{line};
    json.begin_object();
    put(json, "name", device.id.name);
    put(json, "uuid", device.id.uuid);
    if (device.id.diskseq) json.member("diskseq", *device.id.diskseq);
    // Of a provisional reading nothing was concluded yet; the next one is taken at its word.
    json.member("event_nr", device.event_nr - (device.held ? device.held->cause.steps : 0));
    put_flag(json, "read", device.read);
    put_flag(json, "suspended", device.suspended);
    put(json, "suspended_since", device.suspended_since);
    put_flag(json, "read_only", device.read_only);
    put_flag(json, "unsettled", device.unsettled);
    if (device.last_dm_seqnum) json.member("dm_seqnum", *device.last_dm_seqnum);
    json.member("told", told);
    json.key("targets").begin_array();
    for (const auto& target : device.targets) put_target(json, target);
    json.end_array();
    put_holding(json, device);
    put_waiting(json, device);
    json.end_object();
    return line;
}

} // namespace dmev
