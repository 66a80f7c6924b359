// SPDX-License-Identifier: Apache-2.0
// One JSON line to an observation. Unknown members are passed over, since the format may grow; a known one
// must have its type and range.
#include <algorithm>
#include <cstring>

#include "base/text.hpp"
#include "source/recording.hpp"
#include "source/recording_members.hpp"
#include "source/recording_parser.hpp"

namespace dmev {
namespace recording {
namespace {

using What = decltype(Observation::what);

DeviceId device(Members& members) {
    DeviceId id;
    id.name = members.text("name", "name_hex");
    id.uuid = members.optional_text("uuid", "uuid_hex").value_or("");
    id.number.major = members.number<std::uint32_t>("major");
    id.number.minor = members.number<std::uint32_t>("minor");
    id.diskseq = members.optional_number<std::uint64_t>("diskseq");
    return id;
}

// The array or object NAME; null if it is missing.
const Json* container(Members& members, const char* name, bool array) {
    const Json* value = members.find(name);
    if (value && !value->is(array ? Json::Kind::array : Json::Kind::object))
        throw Bad{members.path(name),
                  std::string{"must be an "} + (array ? "array" : "object") + ", is " + type_name(*value)};
    return value;
}

TargetReading target(const Json& json, size_t index) {
    if (!json.is(Json::Kind::object))
        throw Bad{"targets[" + std::to_string(index) + "]",
                  std::string{"must be an object, is "} + type_name(json)};
    Members members{json, "targets", index};
    TargetReading t;
    t.start = members.optional_number<std::uint64_t>("start").value_or(0);
    t.length = members.optional_number<std::uint64_t>("length").value_or(0);
    t.type = members.text("type", "type_hex");
    t.table = members.optional_text("table", "table_hex", true);
    t.status = members.optional_text("status", "status_hex", true);
    return t;
}

What start(Members& members) {
    SourceStarted s;
    s.tool = members.optional_text("tool", "tool_hex").value_or("");
    s.kernel = members.optional_text("kernel", "kernel_hex").value_or("");
    s.ioctl = members.optional_text("ioctl", "ioctl_hex").value_or("");
    s.boot_id = members.optional_text("boot_id", "boot_id_hex").value_or("");
    return s;
}

What device_reading(Members& members) {
    DeviceReading d;
    if (const auto why = members.optional_text("why", "why_hex")) {
        const auto known = parse_why(*why);
        if (!known) throw Bad{"why", "must be start, kernel, uevent, poll, resync or restart"};
        d.why = *known;
    } else {
        d.why = Why::unsaid;
    }
    d.id = device(members);
    d.event_nr = members.number<std::uint32_t>("event_nr");
    d.suspended = members.flag("suspended");
    d.read_only = members.flag("read_only");
    const Json* targets = container(members, "targets", true);
    if (!targets) throw Bad{"targets", "is missing"};
    d.targets.reserve(static_cast<size_t>(std::distance(targets->begin(), targets->end())));
    for (const auto& json : *targets) d.targets.push_back(target(json, d.targets.size()));
    d.internal_suspend = members.flag("internal_suspend");
    d.deferred_remove = members.flag("deferred_remove");
    d.inactive_table = members.flag("inactive_table");
    return d;
}

// Puts the exact values of env_hex in place; see the writer for what repeated keys mean.
void restore_values(UeventReading& uevent, const Json& exact) {
    size_t next = 0;
    for (const auto& member : exact) {
        const auto key = member.name;
        size_t i = 0;
        const auto at = [&] { return (next + i) % uevent.env.size(); };
        while (i < uevent.env.size() && uevent.env[at()].first != key) ++i;
        const auto path = "env_hex." + escape(key);
        if (i == uevent.env.size()) throw Bad{path, "is not in env"};
        uevent.env[at()].second = from_hex(member, path);
        next = at() + 1;
    }
}

What uevent(Members& members) {
    UeventReading u;
    if (const Json* env = container(members, "env", false)) {
        u.env.reserve(static_cast<size_t>(std::distance(env->begin(), env->end())));
        for (const auto& var : *env) {
            if (!var.is(Json::Kind::text))
                throw Bad{"env." + escape(var.name), std::string{"must be a string, is "} + type_name(var)};
            u.env.emplace_back(var.name, var.text);
        }
    }
    if (const Json* exact = container(members, "env_hex", false)) restore_values(u, *exact);
    return u;
}

What unresponsive(Members& members) {
    Unresponsive u;
    u.id = device(members);
    const Json* names = container(members, "devices", true);
    const Json* exact = container(members, "devices_hex", true);
    const std::string path = exact ? "devices_hex[" : "devices[";
    if (!exact) exact = names;
    if (!exact) return u;
    for (const auto& name : *exact) {
        const auto member = path + std::to_string(u.devices.size()) + "]";
        if (!name.is(Json::Kind::text))
            throw Bad{member, std::string{"must be a string, is "} + type_name(name)};
        u.devices.push_back(exact == names ? std::string{name.text} : from_hex(name, member));
    }
    return u;
}

constexpr std::pair<std::string_view, What (*)(Members&)> kKinds[] = {
    {"device", device_reading},
    {"uevent", uevent},
    {"removed", [](Members& m) -> What { return DeviceRemoved{device(m)}; }},
    {"tick", [](Members&) -> What { return Tick{}; }},
    {"start", start},
    {"baseline_done", [](Members&) -> What { return BaselineDone{}; }},
    {"overrun", [](Members&) -> What { return Overrun{}; }},
    {"unresponsive", unresponsive},
    {"responsive", [](Members& m) -> What { return Responsive{device(m)}; }},
};

// AT is the time if the line names none.
Observation observation(const Json& json, Time at) {
    if (!json.is(Json::Kind::object))
        throw Bad{"", std::string{"the line must be an object, is "} + type_name(json)};
    Members members{json};
    if (const Json* version = members.find("v");
        version && (!version->is(Json::Kind::natural) || version->natural != 1))
        throw Bad{"v", "this program reads version 1 of the format only"};
    if (const auto text = members.optional_text("at", "at_hex")) {
        const auto time = parse_utc(*text);
        if (!time) throw Bad{"at", "must be a time as 2026-01-31T10:15:02.123456Z"};
        at = *time;
    }
    const auto kind = members.optional_text("kind", "kind_hex");
    if (!kind && members.find("schema"))
        throw Bad{"", "it is what --json prints; only what --record writes can be replayed"};
    if (!kind) throw Bad{"kind", "is missing"};
    for (const auto& [name, read] : kKinds)
        if (name == *kind) return Observation{at, read(members)};
    throw Bad{"kind", "'" + escape(std::string_view{*kind}.substr(0, 40)) + "' is none that is known"};
}

Error bad_line(const std::string& file, int line, int column, std::string member, std::string why) {
    Error error;
    error.what = member.empty() ? "bad line in recording" : "bad line in recording, member";
    error.object = std::move(member);
    error.why = std::move(why);
    error.place = {file, line, column};
    return error;
}

} // namespace

Result<> Parser::parse(char* line, std::size_t size, int line_number, Observation& into) {
    if (const void* nul = std::memchr(line, 0, size))
        return bad_line(file_, line_number, static_cast<int>(static_cast<const char*>(nul) - line) + 1, "",
                        "a NUL byte");
    if (!is_utf8({line, size})) return bad_line(file_, line_number, 0, "", "not UTF-8");
    line[size] = 0;
    if (read_as_written(line, into, spare_)) {
        last_ = into.at;
        return {};
    }
    if (const auto fault = json_.read(line, size))
        return bad_line(file_, line_number, static_cast<int>(fault->at) + 1, "", fault->why);
    try {
        into = observation(json_.root(), last_);
        last_ = into.at;
        return {};
    } catch (Bad& bad) {
        return bad_line(file_, line_number, 0, std::move(bad.member), std::move(bad.why));
    }
}

} // namespace recording

Result<Observation> from_recording(std::string_view line, const std::string& file, int line_number) {
    std::vector<char> copy(line.size() + recording::kBeyond);
    std::copy(line.begin(), line.end(), copy.begin());
    Observation out;
    if (auto r = recording::Parser{file}.parse(copy.data(), line.size(), line_number, out); !r)
        return std::move(r).error();
    return out;
}

} // namespace dmev
