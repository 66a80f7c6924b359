// SPDX-License-Identifier: Apache-2.0
// One file's text, and what must be so of its parts together.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "config/load.hpp"
#include "config/reader.hpp"
#include "config/scalars.hpp"

namespace dmev {
namespace {

bool is_printable(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

void check_action_name(Reader& reader, const Spelled& name) {
    const auto quoted = fmt::format("'{}'", escape(name.text));
    constexpr std::string_view kinds[] = {"exec", "log", "systemd"};
    if (std::find(std::begin(kinds), std::end(kinds), name.text) != std::end(kinds))
        reader.error(name.at, "bad name of an action", quoted, "it is a kind of action",
                     "give it another name");
    else if (name.text.find('.') != std::string::npos)
        reader.error(name.at, "bad name of an action", quoted, "names with a dot are hooks of plugins",
                     "give it another name");
    else if (name.text.empty() ||
             name.text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789_-") != std::string::npos)
        reader.error(name.at, "bad name of an action", quoted, {}, "write letters, digits, '_' and '-'");
}

// Whether the map has KEY with something in it, right or wrong: then its absence is not to be told.
bool given(const Node& map, std::string_view key) {
    const auto* value = map.find(key);
    if (!value) return false;
    if (value->kind == Node::Kind::list) return !value->items.empty();
    return value->kind != Node::Kind::null || value->faulty;
}

} // namespace

void check(Reader& reader, const Node& node, const PollSettings& poll) {
    if (poll.fastest <= poll.interval) return;
    const char* key = node.find("fastest") ? "fastest" : "interval";
    const auto* at = node.find(key);
    if (!at) return; // it is told where the two stand
    reader.bad(
        *at, {key},
        fmt::format("'fastest' ({}) is longer than 'interval' ({})", format_duration(poll.fastest),
                    format_duration(poll.interval)),
        node.find("fastest") && node.find("interval") ? "'fastest' is the shorter of the two" : "give both");
}

void check(Reader& reader, const Node& node, const IgnoreSettings& ignore) {
    if (!ignore.uuid && !ignore.name && node.members.empty())
        reader.bad(node, {"ignore"}, "an item is empty", "give a 'name', a 'uuid' or both");
}

void check(Reader& reader, const Node& node, const ThresholdSettings& threshold) {
    if (!threshold.at || !threshold.clear || *threshold.at == 0 || *threshold.clear <= *threshold.at) return;
    reader.bad(*node.find("clear"), {"clear"},
               fmt::format("{} is above 'at', which is {}", *threshold.clear, *threshold.at),
               fmt::format("write at most {}", *threshold.at));
}

void check(Reader&, const Node&, const RetrySettings&) {}
void check(Reader&, const Node&, const LimitSettings&) {}

void check(Reader& reader, const Node& node, const HistorySettings& history) {
    const auto* file = node.find("file");
    if (!file || history.file.text.empty() || history.file.text == "none") return;
    if (history.file.text.front() != '/' || history.file.text.back() == '/')
        reader.bad(*file, {"file"},
                   fmt::format("'{}' is no absolute path of a file", escape(history.file.text)),
                   "write one that begins with '/', or none");
    else if (!is_printable(history.file.text))
        reader.bad({.at = file->at}, {"file"}, "it has control characters", "name another file");
}

void check(Reader& reader, const Node& node, const RuleSettings& rule) {
    const std::string which =
        rule.name.text.empty() ? "the rule" : fmt::format("the rule '{}'", escape(rule.name.text));
    constexpr std::pair<const char*, const char*> required[] = {
        {"name", "give it one, as 'name: grow thin pools'"},
        {"on", "say which events it is about, as 'on: [thin.low_water]'"},
        {"do", "say what is to be done, as 'do: [thin.extend]'"}};
    for (const auto& [key, remedy] : required) {
        const bool told = key == required[0].first && node.find(key); // as a text that is nothing
        if (!told && !given(node, key))
            reader.error(node.at, which + " has no", fmt::format("'{}'", key), {}, remedy);
    }
    if (!is_printable(rule.name.text))
        reader.bad({.at = rule.name.at}, {"name"}, "it has control characters", "write it in one line");
}

void check(Reader& reader, const Node& node, const Settings& settings) {
    if (!node.find("version"))
        reader.error({node.at.file, 1, 1}, "the file has no", "'version'", {},
                     "write 'version: 1' at its top");
    Names names{reader, "rule"};
    for (const auto& rule : settings.rules)
        if (rule.name.at.file == node.at.file)
            names.add(rule.name);
        else
            names.note(rule.name);
    for (const auto& file : settings.keep)
        if (file.at.file == node.at.file && !file.text.starts_with('/'))
            reader.bad({.at = file.at}, {"keep"}, fmt::format("'{}' is no absolute path", escape(file.text)),
                       "write where the file is: /usr/sbin/...");
    for (const auto& action : settings.actions)
        if (action.name.at.file == node.at.file) check_action_name(reader, action.name);
}

void read_settings(std::string_view text, const std::string& file, Settings& into, Diagnostics& diagnostics) {
    const auto root = parse_yaml(text, file, diagnostics);
    Reader reader{diagnostics};
    into.files.push_back(file);
    if (root.kind == Node::Kind::null && !root.faulty)
        diagnostics.warning({file}, "the file says nothing", {}, {}, "write 'version: 1' if that is meant");
    else if (root.kind == Node::Kind::map)
        read_members(reader, root, into);
    else if (!root.faulty)
        reader.error(root.at, "this is no configuration", {}, fmt::format("it is {}", root.kind_name()),
                     "write lines of 'key: value', the first of them 'version: 1'");
    diagnostics.sort();
}

} // namespace dmev
