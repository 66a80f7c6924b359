// SPDX-License-Identifier: Apache-2.0
#include "output/json_parts.hpp"
#include "output/output.hpp"

namespace dmev {
namespace {

void put_condition(JsonWriter& json, const HoldingCondition& condition) {
    json.begin_object().member("type", condition.type).member("severity", severity_name(condition.severity));
    json.member("part", condition.part);
    if (condition.target) put_target(json.key("target"), *condition.target);
    json.member("since", format_utc(condition.since)).member("message", condition.message);
    put_fields(json.key("data"), condition.data);
    json.end_object();
}

std::string device_json(const DeviceState& device) {
    std::string line;
    JsonWriter json{line};
    json.begin_object().member("schema", "dmevent-query/1");
    put_device(json.key("device"), device.id);
    json.member("event_nr", device.event_nr).member("suspended", device.suspended);
    json.member("read_only", device.read_only);
    put_words(json.key("targets"), device.targets);
    json.key("conditions").begin_array();
    for (const auto& condition : device.holding) put_condition(json, condition);
    json.end_array().end_object();
    return line;
}

void put_plugin(JsonWriter& json, const Family& family) {
    if (family.version.empty() && family.file.empty()) return; // the core's own families are no plugins
    json.key("plugin").begin_object().member("name", family.name).member("version", family.version);
    json.member("file", family.file).end_object();
}

std::string type_json(const Family& family, const EventType& type) {
    std::string line;
    JsonWriter json{line};
    json.begin_object().member("schema", "dmevent-catalogue/1").member("type", type.name);
    json.member("family", family.name).member("severity", severity_name(type.severity));
    json.member("kind", type.kind == Kind::condition ? "condition" : "happening");
    json.member("alias", type.alias).member("ends_as", type.ends_as).key("targets").begin_array();
    for (const auto& claim : family.claims) json.value(claim.target);
    json.end_array().member("summary", type.summary).member("help", type.help);
    put_plugin(json, family);
    json.end_object();
    return line;
}

std::string hook_json(const Family& family, const HookType& hook) {
    std::string line;
    JsonWriter json{line};
    json.begin_object().member("schema", "dmevent-hook/1").member("hook", hook.name);
    json.member("family", family.name).member("help", hook.help).key("params").begin_array();
    for (const auto& param : hook.params) {
        json.begin_object().member("name", param.name).member("kind", param_kind_name(param.kind));
        json.member("required", param.required).member("help", param.help).end_object();
    }
    json.end_array().member("noop_if", hook.noop_if).member("noop_unless", hook.noop_unless);
    put_plugin(json, family);
    json.end_object();
    return line;
}

// One object a line, and nothing else ever.
class JsonOutput : public Output {
 public:
    explicit JsonOutput(Lines lines) : lines_(std::move(lines)) {}

    void event(const Event& event) override {
        auto line = event_json(event);
        line += '\n';
        lines_(std::move(line));
    }
    void decision(const Decision& decision) override { lines_(decision_json(decision) + "\n"); }
    void catalogue(const Catalogue& catalogue) override {
        for (const auto& family : catalogue.families()) {
            for (const auto& type : family.types) lines_(type_json(family, type) + "\n");
            for (const auto& hook : family.hooks) lines_(hook_json(family, hook) + "\n");
        }
    }
    void devices(std::span<const DeviceState> devices) override {
        for (const auto& device : devices) lines_(device_json(device) + "\n");
    }

 private:
    Lines lines_;
};

} // namespace

std::unique_ptr<Output> json_output(Output::Lines lines) {
    return std::make_unique<JsonOutput>(std::move(lines));
}

} // namespace dmev
