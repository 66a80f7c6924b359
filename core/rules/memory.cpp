// SPDX-License-Identifier: Apache-2.0
#include "rules/memory.hpp"

#include "base/text.hpp"
#include "model/event_parse.hpp"

namespace dmev::memory {
namespace {

constexpr std::int64_t latest = 6'000'000'000'000'000'000; // the year 2160

} // namespace

rapidjson::Document parse(std::string_view text) {
    if (!is_utf8(text)) throw Bad{"it is not UTF-8"};
    rapidjson::Document document;
    if (!parse_exactly(document, text).empty()) throw Bad{"it is no JSON"};
    object(document);
    return document;
}

const Json* find(const Json& object, const char* name) {
    const auto it = object.FindMember(name);
    return it == object.MemberEnd() ? nullptr : &it->value;
}

const Json& object(const Json& json) {
    if (!json.IsObject()) throw Bad{"it holds something else where an object should be"};
    return json;
}

std::uint64_t number(const Json& object, const char* name, std::uint64_t most) {
    const auto* json = find(object, name);
    if (!json) return 0;
    if (!json->IsUint64() || json->GetUint64() > most) throw Bad{std::string{name} + " is no such number"};
    return json->GetUint64();
}

std::uint32_t small(const Json& object, const char* name) {
    return static_cast<std::uint32_t>(number(object, name));
}

bool flag(const Json& object, const char* name) {
    const auto* json = find(object, name);
    if (json && !json->IsBool()) throw Bad{std::string{name} + " is neither true nor false"};
    return json && json->GetBool();
}

std::string text(const Json& object, const char* name) {
    const auto* json = find(object, name);
    if (!json) return {};
    if (!json->IsString()) throw Bad{std::string{name} + " is no text"};
    return {json->GetString(), json->GetStringLength()};
}

std::vector<const Json*> list(const Json& object, const char* name) {
    std::vector<const Json*> out;
    const auto* json = find(object, name);
    if (!json) return out;
    if (!json->IsArray()) throw Bad{std::string{name} + " is no list"};
    for (const auto& item : json->GetArray()) out.push_back(&item);
    return out;
}

std::vector<std::uint32_t> numbers(const Json& object, const char* name) {
    std::vector<std::uint32_t> out;
    for (const auto* item : list(object, name)) {
        if (!item->IsUint()) throw Bad{std::string{name} + " is no list of numbers"};
        out.push_back(item->GetUint());
    }
    return out;
}

Time time(const Json& json) {
    if (!json.IsInt64() || json.GetInt64() < 0 || json.GetInt64() > latest) throw Bad{"a time is none"};
    return Time{Duration{json.GetInt64()}};
}

Time time(const Json& object, const char* name) {
    const auto* json = find(object, name);
    if (!json) throw Bad{std::string{name} + " is missing"};
    return time(*json);
}

void put_event(JsonWriter& json, const Event& event) {
    json.key("event").raw(event_json(event));
    if (event.device && event.device->diskseq) json.member("diskseq", *event.device->diskseq);
}

Event event(const Json& object) {
    const auto* json = find(object, "event");
    if (!json) throw Bad{"event is missing"};
    // Of an earlier version it is the text of its JSON.
    auto parsed = json->IsString() ? parse_event(text(object, "event")) : parse_event(*json);
    if (!parsed) throw Bad{parsed.error().why};
    if (find(object, "diskseq") && parsed->device)
        parsed->device->diskseq = number(object, "diskseq", std::numeric_limits<std::uint64_t>::max());
    return *std::move(parsed);
}

void put_time(JsonWriter& json, const char* name, Time time) {
    json.member(name, std::int64_t{time.time_since_epoch().count()});
}

void put_numbers(JsonWriter& json, const char* name, const std::vector<std::uint32_t>& numbers) {
    json.key(name).begin_array();
    for (const auto number : numbers) json.value(number);
    json.end_array();
}

} // namespace dmev::memory
