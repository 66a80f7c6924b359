// SPDX-License-Identifier: Apache-2.0
// Observations to JSON lines. Bytes that are no UTF-8 are written twice: repaired for people and tools, and
// exactly, as hex, in the member's "_hex" neighbour, which is what counts when the line is read back.
#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "source/recording.hpp"

namespace dmev {
namespace {

void put_text(JsonWriter& json, const char* name, std::string_view text) {
    json.member(name, text);
    if (!is_utf8(text)) json.member(std::string{name} + "_hex", hex(text));
}

void put_optional(JsonWriter& json, const char* name, const std::optional<std::string>& text) {
    if (text)
        put_text(json, name, std::string_view{*text});
    else
        json.key(name).null();
}

void put_device(JsonWriter& json, const DeviceId& id) {
    put_text(json, "name", id.name);
    put_text(json, "uuid", id.uuid);
    json.member("major", id.number.major).member("minor", id.number.minor);
    if (id.diskseq) json.member("diskseq", *id.diskseq);
}

// One call per kind: the name of the kind, then its members.
struct Writer {
    JsonWriter& json;

    void operator()(const SourceStarted& s) const {
        json.member("kind", "start");
        put_text(json, "tool", s.tool);
        put_text(json, "kernel", s.kernel);
        put_text(json, "ioctl", s.ioctl);
        put_text(json, "boot_id", s.boot_id);
    }

    void operator()(const DeviceReading& d) const {
        json.member("kind", "device");
        if (d.why != Why::unsaid) json.member("why", why_name(d.why));
        put_device(json, d.id);
        json.member("event_nr", d.event_nr).member("suspended", d.suspended).member("read_only", d.read_only);
        if (d.internal_suspend) json.member("internal_suspend", true);
        if (d.deferred_remove) json.member("deferred_remove", true);
        if (d.inactive_table) json.member("inactive_table", true);
        json.key("targets").begin_array();
        for (const auto& target : d.targets) {
            json.begin_object().member("start", target.start).member("length", target.length);
            put_text(json, "type", target.type);
            put_optional(json, "table", target.table);
            put_optional(json, "status", target.status);
            json.end_object();
        }
        json.end_array();
    }

    void operator()(const BaselineDone&) const { json.member("kind", "baseline_done"); }

    // Keys are the kernel's own words, so only values get hex. A key may come twice: then each of its
    // values is in env_hex, in the same order, so that it is clear which is which.
    void operator()(const UeventReading& u) const {
        json.member("kind", "uevent").key("env").begin_object();
        for (const auto& [key, value] : u.env) json.member(key, value);
        json.end_object();
        const auto exact = [&u](const std::string& key) {
            return std::any_of(u.env.begin(), u.env.end(),
                               [&key](const auto& var) { return var.first == key && !is_utf8(var.second); });
        };
        if (std::all_of(u.env.begin(), u.env.end(), [](const auto& var) { return is_utf8(var.second); }))
            return;
        json.key("env_hex").begin_object();
        for (const auto& [key, value] : u.env)
            if (exact(key)) json.member(key, hex(value));
        json.end_object();
    }

    void operator()(const DeviceRemoved& r) const {
        json.member("kind", "removed");
        put_device(json, r.id);
    }

    void operator()(const Overrun&) const { json.member("kind", "overrun"); }

    void operator()(const Unresponsive& u) const {
        json.member("kind", "unresponsive");
        put_device(json, u.id);
        json.key("devices").begin_array();
        for (const auto& name : u.devices) json.value(name);
        json.end_array();
        if (std::all_of(u.devices.begin(), u.devices.end(), [](const auto& name) { return is_utf8(name); }))
            return;
        json.key("devices_hex").begin_array();
        for (const auto& name : u.devices) json.value(hex(name));
        json.end_array();
    }

    void operator()(const Responsive& r) const {
        json.member("kind", "responsive");
        put_device(json, r.id);
    }

    void operator()(const Tick&) const { json.member("kind", "tick"); }
};

} // namespace

std::string to_recording(const Observation& observation) {
    std::string line;
    line.reserve(512);
    JsonWriter json{line};
    json.begin_object().member("v", 1).member("at", format_utc(observation.at));
    std::visit(Writer{json}, observation.what);
    json.end_object();
    return line;
}

} // namespace dmev
