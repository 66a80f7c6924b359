// SPDX-License-Identifier: Apache-2.0
// From settings back to Nodes, by the same tables as the reader; and Nodes as text. What is not given and has
// no default is left out.
#pragma once
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/json.hpp"
#include "config/reader.hpp"

namespace dmev {

// None: there is nothing to be shown.
using Shown = std::optional<Node>;

Node text_node(std::string text);  // quoted: it is a text, whatever it looks like
Node plain_node(std::string text); // a number, a flag, or a word
Node list_node();
Node map_node();
void add_member(Node& map, std::string key, Shown value);

Shown shown(bool flag);
Shown shown(std::uint32_t number);
Shown shown(double number);
Shown shown(Millis duration);
Shown shown(const Size& size);
Shown shown(const Spelled& text);
Shown shown(const std::vector<Spelled>& texts);
Shown shown(const RunAs& run_as);
Shown shown(const RemindSettings& remind);
Shown shown(const MaxRunsSettings& max_runs);
Shown shown(const BackoffSettings& backoff);
Shown shown(const std::vector<std::pair<Spelled, Spelled>>& variables);
Shown shown(const MatchSettings& match);
Shown shown(const std::vector<StepSettings>& steps);

template <class T>
Shown shown(const std::optional<T>& value) {
    return value ? shown(*value) : std::nullopt;
}

template <Described S>
Shown shown(const S& settings) {
    auto map = map_node();
    std::apply([&](const auto&... key) { (add_member(map, key.name, shown(settings.*key.member)), ...); },
               Schema<S>::keys);
    return map;
}

template <Described S>
Shown shown(const std::vector<S>& items) {
    auto all = kNamedBy<S> != nullptr ? map_node() : list_node();
    for (const auto& item : items)
        if constexpr (kNamedBy<S> != nullptr)
            add_member(all, (item.*kNamedBy<S>).text, shown(item));
        else
            all.items.push_back(*shown(item));
    return all;
}

// Block style, two columns a level; lists of scalars in one line. Reads back as the same Node.
std::string yaml_text(const Node& node);

// What looks like a number or a flag and is not quoted is one.
void write_json(JsonWriter& json, const Node& node);

} // namespace dmev
