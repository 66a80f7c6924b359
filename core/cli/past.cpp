// SPDX-License-Identifier: Apache-2.0
#include "cli/past.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/rapidjson.hpp"
#include "base/text.hpp"
#include "store/past.hpp"

namespace dmev {
namespace {

using Json = rapidjson::Value;
constexpr std::size_t kUsual = 20; // past events, unless more or less is asked for

// What a line that was written by us has; a line that was damaged may have none of it.
std::string text(const Json& object, const char* name) {
    const auto it = object.FindMember(name);
    return it != object.MemberEnd() && it->value.IsString()
               ? std::string{it->value.GetString(), it->value.GetStringLength()}
               : std::string{};
}

std::vector<std::string> texts(const Json& object, const char* name) {
    std::vector<std::string> all;
    const auto it = object.FindMember(name);
    if (it == object.MemberEnd() || !it->value.IsArray()) return all;
    for (const auto& item : it->value.GetArray())
        if (item.IsString()) all.emplace_back(item.GetString(), item.GetStringLength());
    return all;
}

const Json* list(const Json& object, const char* name) {
    const auto it = object.FindMember(name);
    return it != object.MemberEnd() && it->value.IsArray() ? &it->value : nullptr;
}

Decision::Step step_of(const Json& json) {
    Decision::Step step;
    step.action = text(json, "action");
    step.argv = texts(json, "program");
    step.line = text(json, "line");
    step.refused = text(json, "refused");
    if (const auto* managers = list(json, "unless_managed_by"))
        for (const auto& manager : managers->GetArray())
            if (manager.IsObject())
                step.managers.emplace_back(text(manager, "who"), texts(manager, "instead"));
    return step;
}

std::optional<Decision> parse_decision(const std::string& line) {
    rapidjson::Document json;
    if (!parse_exactly(json, line).empty() || !json.IsObject() ||
        text(json, "schema") != "dmevent-decision/1")
        return std::nullopt;
    const auto time = parse_utc(text(json, "time"));
    if (!time) return std::nullopt;
    Decision decision;
    decision.time = *time;
    for (const auto what : {Decision::What::fires, Decision::What::waits})
        if (text(json, "decision") == decision_name(what)) decision.what = what;
    decision.rule = text(json, "rule");
    decision.why = text(json, "reason");
    decision.until = parse_utc(text(json, "until"));
    decision.event = text(json, "event");
    decision.event_type = text(json, "event_type");
    decision.device = text(json, "device");
    if (const auto* steps = list(json, "steps"))
        for (const auto& step : steps->GetArray())
            if (step.IsObject()) decision.steps.push_back(step_of(step));
    return decision;
}

// Prints row after row, and counts what cannot be printed.
class Shower {
 public:
    Shower(const Options& options, Stdout& out)
        : json_(options.json), out_(out), output_(make_output(options, [this](std::string&& lines) {
              if (!json_ && !std::exchange(headed_, true)) out_.write("\npast events\n");
              out_.write(std::move(lines));
          })) {}

    void show(const PastRow& row) {
        if (row.kind == PastRow::Kind::gap) return show_gap(row);
        // With -j it is shown as it was written, so it must be one line, and what reads JSON must read it.
        if (!is_utf8(row.json) || row.json.find('\n') != std::string::npos) return void(++unreadable_);
        if (row.kind == PastRow::Kind::event) {
            const auto event = parse_event(row.json);
            if (!event) return void(++unreadable_);
            if (!json_) output_->event(*event);
        } else {
            const auto decision = parse_decision(row.json);
            if (!decision) return void(++unreadable_);
            if (!json_) output_->decision(*decision);
        }
        if (json_) out_.write(row.json + "\n");
    }
    void end(const std::string& file) {
        if (unreadable_ > 0)
            log::warning("history {}: {} row{} damaged and not shown", escape(file), unreadable_,
                         unreadable_ == 1 ? " is" : "s are");
        if (!json_ && !headed_) out_.write("\nno past events\n");
    }

 private:
    static void show_gap(const PastRow& row) {
        rapidjson::Document json;
        const bool readable = parse_exactly(json, row.json).empty() && json.IsObject() &&
                              json.HasMember("dropped") && json["dropped"].IsUint64();
        log::warning("{} rows of before {} could not be kept",
                     readable ? std::to_string(json["dropped"].GetUint64()) : "some", format_local(row.time));
    }

    const bool json_;
    bool headed_ = false;
    std::size_t unreadable_ = 0;
    Stdout& out_;
    std::unique_ptr<Output> output_;
};

PastQuery past_query(const Options& options, const Filter& filter) {
    PastQuery query;
    const auto& past = options.past;
    query.since = past.since;
    query.until = past.until;
    query.least = past.least;
    query.devices = options.devices;
    query.decisions = options.explain;
    if (past.last != Options::kEverything) query.last = past.last;
    if (!past.last && !past.since) query.last = kUsual;
    query.wants = [&filter](std::string_view type, std::string_view name, std::string_view uuid) {
        Event event;
        event.type = type;
        event.device = DeviceId{std::string{name}, std::string{uuid}, {}, {}};
        return filter.wants(event);
    };
    return query;
}

} // namespace

std::string history_file(const Options& options, const Settings& settings) {
    if (options.no_history) return {};
    if (!options.history.empty()) return options.history;
    return settings.history.file.text == "none" ? "" : settings.history.file.text;
}

bool is_among(const std::vector<std::string>& globs, std::string_view name, std::string_view uuid) {
    return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) {
        return glob == name || glob == uuid || glob_match(glob, name) || glob_match(glob, uuid);
    });
}

Result<> show_past(const Options& options, const std::string& file, const Filter& filter, Stdout& out) {
    const bool asked = options.past.asked || !options.history.empty();
    if (file.empty()) {
        if (!asked) return {};
        return Error{ErrorKind::failed, "there is no history", "", "the configuration wants none",
                     "name one with --history"};
    }
    Shower shower{options, out};
    auto there = read_past(file, past_query(options, filter), [&](const PastRow& row) {
        shower.show(row);
        return out.open();
    });
    if (there && *there) {
        shower.end(file);
        return {};
    }
    if (there && !asked) return {};
    auto error = there ? Error{ErrorKind::failed, "there is no history", file, "No such file",
                               "it is made when dmevent_tool watches"}
                       : there.error();
    error.object = escape(error.object);
    if (asked) return error;
    log::warning("{}", error.text());
    return {};
}

} // namespace dmev
