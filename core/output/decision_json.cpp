// SPDX-License-Identifier: Apache-2.0
#include "output/json_parts.hpp"

namespace dmev {
namespace {

void put_step(JsonWriter& json, const Decision::Step& step) {
    json.begin_object().member("action", step.action);
    if (!step.refused.empty()) json.member("refused", step.refused);
    if (!step.line.empty()) json.member("line", step.line);
    if (!step.argv.empty()) put_words(json.key("program"), step.argv);
    if (!step.managers.empty()) {
        json.key("unless_managed_by").begin_array();
        for (const auto& [who, instead] : step.managers) {
            json.begin_object().member("who", who);
            put_words(json.key("instead"), instead);
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
}

} // namespace

std::string decision_json(const Decision& decision) {
    std::string line;
    JsonWriter json{line};
    json.begin_object().member("schema", "dmevent-decision/1").member("time", format_utc(decision.time));
    json.member("rule", decision.rule).member("decision", decision_name(decision.what));
    json.member("reason", decision.why);
    if (decision.until) json.member("until", format_utc(*decision.until));
    json.member("event", decision.event).member("event_type", decision.event_type);
    if (!decision.device.empty()) json.member("device", decision.device);
    if (decision.what == Decision::What::fires) {
        json.key("steps").begin_array();
        for (const auto& step : decision.steps) put_step(json, step);
        json.end_array();
    }
    json.end_object();
    return line;
}

} // namespace dmev
