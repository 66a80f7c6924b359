// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "base/json.hpp"
#include "base/rapidjson.hpp"
#include "base/time.hpp"
#include "process/job_files.hpp"

namespace dmev {
namespace {

using Json = rapidjson::Value;

const Json* member(const Json& object, const char* name) {
    if (!object.IsObject()) return nullptr;
    const auto it = object.FindMember(name);
    return it == object.MemberEnd() ? nullptr : &it->value;
}

std::optional<ProcessId> process(const Json* value) {
    const auto* pid = value ? member(*value, "pid") : nullptr;
    const auto* start = value ? member(*value, "start") : nullptr;
    if (!pid || !pid->IsInt() || pid->GetInt() <= 0 || !start || !start->IsUint64()) return std::nullopt;
    return ProcessId{pid->GetInt(), start->GetUint64()};
}

void write_process(JsonWriter& out, const char* name, const ProcessId& process) {
    out.key(name).begin_object();
    out.member("pid", static_cast<int>(process.pid)).member("start", process.start).end_object();
}

} // namespace

bool is_job_id(std::string_view id) {
    return !id.empty() && id.size() <= 200 && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
    });
}

std::string write_claim(const std::string& id, const ProcessId& dispatcher) {
    std::string text;
    JsonWriter out{text};
    out.begin_object().member("id", id).member("claim", true);
    write_process(out, "dispatcher", dispatcher);
    out.end_object();
    return text + "\n";
}

std::string write_job(const Order& order, const ProcessId& shepherd) {
    std::string text;
    JsonWriter out{text};
    out.begin_object().member("id", order.id);
    write_process(out, "dispatcher", order.dispatcher);
    write_process(out, "shepherd", shepherd);
    out.member("started", format_utc(std::chrono::system_clock::now()));
    out.member("note", order.program.note);
    out.key("argv").begin_array();
    for (const auto& argument : order.program.argv) out.value(argument);
    out.end_array().end_object();
    return text + "\n";
}

std::optional<JobRecord> read_job(const std::string& text) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(text.data(),
                                                                                           text.size());
    if (document.HasParseError()) return std::nullopt;
    const auto dispatcher = process(member(document, "dispatcher"));
    const auto* claim = member(document, "claim");
    if (dispatcher && claim && claim->IsTrue()) return JobRecord{*dispatcher, 0, {}, true};
    const auto shepherd = process(member(document, "shepherd"));
    const auto* note = member(document, "note");
    if (!dispatcher || !shepherd || !note || !note->IsString()) return std::nullopt;
    return JobRecord{*dispatcher, shepherd->pid, {note->GetString(), note->GetStringLength()}, false};
}

} // namespace dmev
