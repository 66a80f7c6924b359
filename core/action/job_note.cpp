// SPDX-License-Identifier: Apache-2.0
// Texts are strings, or {"hex":"..."} where they are not UTF-8, so that names come back byte for byte.
#include "action/job_note.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "base/json.hpp"
#include "base/rapidjson.hpp"
#include "base/text.hpp"

namespace dmev {
namespace {

using Json = rapidjson::Value;
constexpr int version = 1;
constexpr std::array kinds{"ended", "grown", "field"}; // as Expectation::What

void put_text(JsonWriter& json, std::string_view text) {
    if (is_utf8(text))
        json.value(text);
    else
        json.begin_object().member("hex", hex(text)).end_object();
}

void put_value(JsonWriter& json, const Value& value) {
    std::visit(
        [&json](const auto& v) {
            using T = std::decay_t<decltype(v)>;
            if constexpr (std::is_same_v<T, Value::List>) {
                json.begin_array();
                for (const auto& item : v) put_value(json, item);
                json.end_array();
            } else if constexpr (std::is_same_v<T, std::string>) {
                put_text(json, v);
            } else {
                json.value(v);
            }
        },
        value.v);
}

void put_event(JsonWriter& json, const Event& event) {
    json.begin_object().member("id", event.id).member("type", event.type);
    json.member("severity", static_cast<int>(event.severity));
    if (event.device) {
        const auto& device = *event.device;
        put_text(json.key("name"), device.name);
        put_text(json.key("uuid"), device.uuid);
        json.member("major", device.number.major).member("minor", device.number.minor);
        if (device.diskseq) json.member("diskseq", *device.diskseq);
    }
    if (event.target) {
        put_text(json.key("target"), event.target->type);
        json.member("index", event.target->index);
    }
    json.end_object();
}

struct Bad {
    std::string why;
};

// What a note says; anything missing or of another type throws Bad.
const Json& member(const Json& object, const char* name) {
    if (!object.IsObject()) throw Bad{std::string{"no object around "} + name};
    const auto it = object.FindMember(name);
    if (it == object.MemberEnd()) throw Bad{std::string{name} + " is missing"};
    return it->value;
}
bool has(const Json& object, const char* name) { return object.IsObject() && object.HasMember(name); }

template <class T>
T number(const Json& object, const char* name) {
    const auto& json = member(object, name);
    if (!json.IsUint64() || json.GetUint64() > std::numeric_limits<T>::max())
        throw Bad{std::string{name} + " is no such number"};
    return static_cast<T>(json.GetUint64());
}

std::string from_hex(std::string_view digits) {
    std::string out;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned byte = 0;
        const auto* end = digits.data() + std::min(i + 2, digits.size());
        if (std::from_chars(digits.data() + i, end, byte, 16).ptr != end || digits.size() % 2)
            throw Bad{"hex is no hex"};
        out += static_cast<char>(byte);
    }
    return out;
}

std::string text(const Json& json) {
    const bool exact = has(json, "hex");
    const auto& words = exact ? member(json, "hex") : json;
    if (!words.IsString()) throw Bad{"no text where one should be"};
    const std::string_view view{words.GetString(), words.GetStringLength()};
    return exact ? from_hex(view) : std::string{view};
}
std::string text(const Json& object, const char* name) { return text(member(object, name)); }

const Json& list(const Json& object, const char* name) {
    const auto& json = member(object, name);
    if (!json.IsArray()) throw Bad{std::string{name} + " is no list"};
    return json;
}

Value value(const Json& json, int depth = 0) {
    if (depth > 8) throw Bad{"a value is nested too deep"};
    if (json.IsBool()) return {json.GetBool()};
    if (json.IsUint64()) return {json.GetUint64()};
    if (json.IsInt64()) return {json.GetInt64()};
    if (json.IsNumber()) return {json.GetDouble()};
    if (!json.IsArray()) return {text(json)};
    Value::List items;
    for (const auto& item : json.GetArray()) items.push_back(value(item, depth + 1));
    return {std::move(items)};
}

Event event(const Json& json) {
    Event out;
    out.id = text(json, "id");
    out.type = text(json, "type");
    const auto severity = number<std::uint32_t>(json, "severity");
    if (severity < 1 || severity > static_cast<std::uint32_t>(Severity::critical))
        throw Bad{"severity is no such number"};
    out.severity = static_cast<Severity>(severity);
    if (has(json, "name")) {
        DeviceId device;
        device.name = text(json, "name");
        device.uuid = text(json, "uuid");
        device.number = {number<std::uint32_t>(json, "major"), number<std::uint32_t>(json, "minor")};
        if (has(json, "diskseq")) device.diskseq = number<std::uint64_t>(json, "diskseq");
        out.device = std::move(device);
    }
    if (has(json, "target"))
        out.target = EventTarget{text(json, "target"), number<std::uint32_t>(json, "index")};
    return out;
}

Expectation expectation(const Json& json) {
    Expectation out;
    const auto kind = text(json, "what");
    std::size_t i = 0;
    while (i < kinds.size() && kind != kinds[i]) ++i;
    if (i == kinds.size()) throw Bad{"what is no such word"};
    out.what = static_cast<Expectation::What>(i);
    out.name = text(json, "name");
    out.part = text(json, "part");
    if (out.what == Expectation::What::field) out.value = value(member(json, "value"));
    return out;
}

JobNote note(const Json& json) {
    if (number<int>(json, "v") != version) throw Bad{"it is of another version"};
    JobNote out;
    out.rule = text(json, "rule");
    out.action = text(json, "action");
    out.attempt = number<std::uint32_t>(json, "attempt");
    out.coalesced = number<std::uint32_t>(json, "coalesced");
    out.lock = text(json, "lock");
    out.event = event(member(json, "event"));
    for (const auto& argument : list(json, "argv").GetArray()) out.argv.push_back(text(argument));
    for (const auto& expected : list(json, "expect").GetArray()) out.expect.push_back(expectation(expected));
    if (has(json, "remembered")) {
        if (!member(json, "remembered").IsBool()) throw Bad{"remembered is neither true nor false"};
        out.remembered = member(json, "remembered").GetBool();
    }
    for (const auto& gauge : list(json, "gauges").GetArray())
        out.before.gauges.push_back({text(gauge, "name"), number<std::uint64_t>(gauge, "used"),
                                     number<std::uint64_t>(gauge, "total")});
    return out;
}

} // namespace

std::string write_note(const JobNote& note) {
    std::string line;
    JsonWriter json{line};
    json.begin_object().member("v", version);
    put_text(json.key("rule"), note.rule);
    put_text(json.key("action"), note.action);
    json.member("attempt", note.attempt).member("coalesced", note.coalesced);
    put_text(json.key("lock"), note.lock);
    put_event(json.key("event"), note.event);
    json.key("argv").begin_array();
    for (const auto& argument : note.argv) put_text(json, argument);
    json.end_array().key("expect").begin_array();
    for (const auto& expected : note.expect) {
        json.begin_object().member("what", kinds[static_cast<std::size_t>(expected.what)]);
        json.member("name", expected.name);
        put_text(json.key("part"), expected.part);
        if (expected.what == Expectation::What::field) put_value(json.key("value"), expected.value);
        json.end_object();
    }
    json.end_array().key("gauges").begin_array();
    for (const auto& gauge : note.before.gauges)
        json.begin_object()
            .member("name", gauge.name)
            .member("used", gauge.used)
            .member("total", gauge.total)
            .end_object();
    json.end_array();
    if (note.remembered) json.member("remembered", true);
    json.end_object();
    return line;
}

Result<JobNote> read_note(std::string_view text) {
    const auto failed = [](std::string why) {
        return Error{ErrorKind::failed, "cannot read the note of a job", "", std::move(why), {}};
    };
    if (!is_utf8(text)) return failed("it is not UTF-8");
    rapidjson::Document document;
    if (!parse_exactly(document, text).empty()) return failed("it is no JSON");
    try {
        return note(document);
    } catch (const Bad& bad) {
        return failed(bad.why);
    }
}

} // namespace dmev
