// SPDX-License-Identifier: Apache-2.0
// A catalogue with a pool and an array in it, and settings written in one line each. Places: what is written
// later stands in a later line.
#pragma once
#include <string>
#include <vector>

#include "rules/rulebook.hpp"

namespace dmev {

using Words = std::vector<std::string>;

inline EventType event_type(std::string name, Kind kind, Severity severity, std::string ends_as = "") {
    EventType type;
    type.name = std::move(name);
    type.kind = kind;
    type.severity = severity;
    type.ends_as = std::move(ends_as);
    return type;
}

inline Catalogue test_catalogue() {
    using enum Kind;
    using enum Severity;
    Catalogue catalogue;
    Family thin;
    thin.name = "thin";
    thin.types = {event_type("thin.low_water", condition, warning),
                  event_type("thin.data_threshold", condition, warning),
                  event_type("thin.overflow", condition, critical, "thin.recovered"),
                  event_type("thin.read_only", condition, critical, "thin.recovered"),
                  event_type("thin.recovered", happening, notice),
                  event_type("thin.extended", happening, info)};
    thin.types[0].alias = "_thin_low_water";
    thin.gauges = {{"data", "thin.data_threshold", "blocks", 80, 5, 75},
                   {"volume", "thin.low_water", "blocks", 0, 5, 0},
                   {"mere", "", "", 0, 0, 0}};
    thin.hooks = {{"thin.extend",
                   "grows a pool",
                   {{"max_size", ParamKind::unsigned_integer, false, "bytes"},
                    {"percent", ParamKind::unsigned_integer, false, ""},
                    {"offset", ParamKind::integer, false, ""},
                    {"ratio", ParamKind::real, false, ""},
                    {"loud", ParamKind::boolean, false, ""},
                    {"pvs", ParamKind::list, false, ""},
                    {"note", ParamKind::text, false, ""}},
                   "",
                   ""},
                  {"thin.shrink", "", {{"to", ParamKind::unsigned_integer, true, "to how much"}}, "", ""}};
    catalogue.add(thin);
    Family raid;
    raid.name = "raid";
    raid.types = {event_type("raid.degraded", condition, error, "raid.optimal"),
                  event_type("raid.optimal", happening, notice),
                  event_type("raid.device_failed", condition, error)};
    raid.hooks = {{"raid.repair", "", {}, "", ""}};
    catalogue.add(raid);
    return catalogue;
}

class Writer {
 public:
    Spelled word(std::string text) { return {std::move(text), {"a.yaml", ++line_, 1}}; }
    std::vector<Spelled> words(const Words& texts) {
        std::vector<Spelled> out;
        for (const auto& text : texts) out.push_back(word(text));
        return out;
    }
    Node scalar(std::string text, bool quoted = false) {
        Node node;
        node.kind = Node::Kind::scalar;
        node.text = std::move(text);
        node.quoted = quoted;
        node.at = word("").at;
        return node;
    }
    Node list(const Words& texts) {
        Node node;
        node.kind = Node::Kind::list;
        node.at = word("").at;
        for (const auto& text : texts) node.items.push_back(scalar(text));
        return node;
    }
    ActionSettings exec(const Words& argv) {
        ActionSettings action;
        action.exec = words(argv);
        return action;
    }
    // A rule that runs the action `note`, which is there from the first one on.
    RuleSettings& rule(const std::string& name, const Words& on) {
        if (settings.actions.empty()) {
            settings.actions.push_back(exec({"/bin/note", "{message}"}));
            settings.actions[0].name = word("note");
        }
        auto& rule = settings.rules.emplace_back();
        rule.name = word(name);
        rule.on = words(on);
        rule.steps.push_back({word("note"), {}, {}});
        return rule;
    }
    void match(RuleSettings& rule, const std::string& key, const Words& any) {
        auto at = word(key);
        rule.match.terms.emplace_back(std::move(at), words(any));
    }

    Settings settings;

 private:
    int line_ = 0;
};

} // namespace dmev
