// SPDX-License-Identifier: Apache-2.0
#include "config/shown.hpp"

#include <charconv>
#include <iterator>

#include "config/scalars.hpp"

namespace dmev {

Node text_node(std::string text) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.quoted = true;
    node.text = std::move(text);
    return node;
}

Node plain_node(std::string text) {
    auto node = text_node(std::move(text));
    node.quoted = false;
    return node;
}

Node list_node() {
    Node node;
    node.kind = Node::Kind::list;
    return node;
}

Node map_node() {
    Node node;
    node.kind = Node::Kind::map;
    return node;
}

void add_member(Node& map, std::string key, Shown value) {
    if (value) map.members.push_back({text_node(std::move(key)), *std::move(value)});
}

Shown shown(bool flag) { return plain_node(flag ? "true" : "false"); }
Shown shown(std::uint32_t number) { return plain_node(std::to_string(number)); }
// The shortest that reads back as the same, and never 1e-06, which is not read.
Shown shown(double number) {
    char text[400]; // the longest double has 309 digits, the smallest 324 places
    const auto end = std::to_chars(std::begin(text), std::end(text), number, std::chars_format::fixed).ptr;
    return plain_node({text, end});
}
Shown shown(Millis duration) { return plain_node(format_duration(duration)); }
Shown shown(const Size& size) { return plain_node(format_size(size)); }
Shown shown(const Spelled& text) { return text_node(text.text); }

Shown shown(const std::vector<Spelled>& texts) {
    if (texts.empty()) return std::nullopt;
    auto list = list_node();
    for (const auto& text : texts) list.items.push_back(text_node(text.text));
    return list;
}

Shown shown(const RunAs& run_as) { return run_as.who.text.empty() ? std::nullopt : shown(run_as.who); }
Shown shown(const RemindSettings& remind) { return plain_node(format_remind(remind)); }
Shown shown(const MaxRunsSettings& max_runs) {
    return max_runs.count == 0 ? std::nullopt : Shown{plain_node(format_max_runs(max_runs))};
}
Shown shown(const BackoffSettings& backoff) { return plain_node(format_backoff(backoff)); }

Shown shown(const std::vector<std::pair<Spelled, Spelled>>& variables) {
    if (variables.empty()) return std::nullopt;
    auto map = map_node();
    for (const auto& [name, value] : variables) add_member(map, name.text, text_node(value.text));
    return map;
}

Shown shown(const MatchSettings& match) {
    if (match.terms.empty()) return std::nullopt;
    auto map = map_node();
    for (const auto& [key, any] : match.terms)
        add_member(map, key.text, any.size() == 1 ? shown(any.front()) : shown(any));
    return map;
}

Shown shown(const std::vector<StepSettings>& steps) {
    if (steps.empty()) return std::nullopt;
    auto list = list_node();
    for (const auto& step : steps) {
        if (step.in_place) {
            list.items.push_back(*shown(*step.in_place));
        } else if (step.arguments.empty()) {
            list.items.push_back(text_node(step.name.text));
        } else {
            auto arguments = map_node(), hook = map_node();
            for (const auto& [name, value] : step.arguments) add_member(arguments, name.text, value);
            add_member(hook, step.name.text, std::move(arguments));
            list.items.push_back(std::move(hook));
        }
    }
    return list;
}

} // namespace dmev
