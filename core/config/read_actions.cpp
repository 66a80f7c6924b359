// SPDX-License-Identifier: Apache-2.0
// Actions, and the steps of rules, which may be actions in place.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "config/action_reader.hpp"
#include "config/reader.hpp"

namespace dmev {
namespace {

constexpr std::array<std::string_view, 3> kKinds{"exec", "log", "systemd"};
constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};
constexpr const char* kEachKind = "write one of exec, log and systemd";

template <class Words>
bool has(const Words& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> action_keys() {
    return std::apply([](const auto&... key) { return std::vector<std::string>{key.name...}; },
                      Schema<ActionSettings>::keys);
}

// Hooks are told from actions by their dot.
bool is_hook(std::string_view name) { return name.find('.') != std::string_view::npos; }

void check_exec(Reader& reader, const Node& exec, const std::vector<Spelled>& words) {
    if (exec.faulty || words.empty()) return;
    const auto& program = words.front();
    const Node at{.at = program.at};
    const auto quoted = fmt::format("'{}'", escape(program.text));
    if (exec.kind == Node::Kind::scalar && exec.text.find_first_of(" \t\n") != std::string::npos)
        reader.bad(exec, {"exec"}, "it is one text, and there is no shell to split it",
                   "write a list: [/path/to/program, argument, ...]");
    else if (!program.text.starts_with('/'))
        reader.bad(at, {"exec"}, quoted + " is no absolute path", "write where the program is: /usr/bin/...");
    else if (program.text.find_first_of("{}") != std::string::npos)
        reader.bad(at, {"exec"}, quoted + " has a placeholder in the program's path",
                   "placeholders are for the arguments");
}

void check_systemd(Reader& reader, const Spelled& systemd) {
    const std::string_view text = systemd.text;
    const auto unit = text.starts_with("start ") ? text.substr(6) : std::string_view{};
    const Node at{.at = systemd.at};
    const auto brace = unit.find('{');
    if (unit.empty() || unit.find_first_of(" \t\n/") != std::string_view::npos || unit.starts_with('-'))
        reader.bad(at, {"systemd"}, fmt::format("'{}' is not 'start UNIT'", escape(text)),
                   "write 'start backup.service' or 'start page@{device}.service'");
    else if (brace != std::string_view::npos && unit.find('@') > brace)
        reader.bad(at, {"systemd"}, fmt::format("'{}' has a placeholder before the '@'", escape(unit)),
                   "placeholders are for the instance: 'start page@{device}.service'");
}

// One step: a word, a hook with its parameters, or an action.
void read_step(Reader& reader, const Node& node, std::vector<StepSettings>& into, const Field& field) {
    if (node.faulty) return;
    StepSettings step;
    if (node.kind == Node::Kind::scalar) {
        if (node.text.empty())
            reader.bad(node, field, "a step is empty", "name a hook or an action");
        else if (has(kKinds, node.text))
            reader.bad(node, field, fmt::format("'{}' alone says nothing", node.text),
                       fmt::format("write '{}: ...' with what to do", node.text));
        step.name = {node.text, node.at};
    } else if (node.kind != Node::Kind::map || node.members.empty()) {
        reader.bad(node, field,
                   fmt::format("a step is {}", node.members.empty() && node.kind == Node::Kind::map
                                                   ? "an empty map"
                                                   : node.kind_name()),
                   "write the name of an action, a hook, or an action in place");
        return;
    } else if (const auto& [key, value] = node.members.front(); is_hook(key.text)) {
        step.name = {key.text, key.at};
        for (auto other = node.members.begin() + 1; other != node.members.end(); ++other)
            reader.error(other->first.at, "a second key", fmt::format("'{}'", escape(other->first.text)),
                         fmt::format("beside the hook '{}'", escape(key.text)),
                         is_hook(other->first.text) ? "begin another item with '- '"
                                                    : "indent it further to make it a parameter of the hook");
        if (reader.is_map(value, {key.text}))
            for (const auto& [name, argument] : value.members)
                step.arguments.emplace_back(Spelled{name.text, name.at}, argument);
    } else if (const auto keys = action_keys();
               node.members.size() == 1 && !has(keys, key.text) && nearest(key.text, keys).empty()) {
        reader.error(
            key.at, "a step that is not understood", fmt::format("'{}'", escape(key.text)),
            "a named action takes no parameters, and a hook has a dot in its name",
            fmt::format("write '{}' alone, or an action with exec, log or systemd", escape(key.text)));
        return;
    } else {
        step.in_place = read_action(reader, node, field.name);
    }
    into.push_back(std::move(step));
}

} // namespace

ActionSettings read_action(Reader& reader, const Node& node, std::string_view name) {
    ActionSettings action;
    read(reader, node, action, {name});
    return action;
}

// "log: TEXT" is short for its message.
void read(Reader& reader, const Node& node, LogSettings& into, const Field& field) {
    if (node.kind == Node::Kind::scalar)
        read(reader, node, into.message, field);
    else if (reader.is_map(node, field))
        read_members(reader, node, into);
}

void check(Reader& reader, const Node&, const LogSettings& log) {
    if (has(kLevels, log.level.text) || log.level.text.empty()) return;
    const std::vector<std::string> levels{kLevels.begin(), kLevels.end()};
    const auto guess = meant(log.level.text, levels);
    reader.bad(
        {.at = log.level.at}, {"level"}, fmt::format("'{}' is no level", escape(log.level.text)),
        guess.empty() ? "write debug, info, warning or error" : fmt::format("did you mean '{}'?", guess));
}

void check(Reader& reader, const Node& node, const ActionSettings& action) {
    const Node* first = nullptr;
    for (const auto& [key, value] : node.members) {
        if (!has(kKinds, key.text)) continue;
        if (first)
            reader.error(key.at, "a second kind of action", fmt::format("'{}'", key.text),
                         fmt::format("beside '{}'", first->text), kEachKind);
        else
            first = &key;
    }
    if (!first) {
        // A misspelt kind is told already.
        const auto keys = action_keys();
        const bool misspelt = std::any_of(node.members.begin(), node.members.end(), [&](const auto& member) {
            return !has(keys, member.first.text) && has(kKinds, nearest(member.first.text, keys));
        });
        if (!misspelt) reader.error(node.at, "an action that does nothing", {}, {}, kEachKind);
        return;
    }
    if (const auto* exec = node.find("exec")) {
        if (exec->kind == Node::Kind::null || (exec->kind == Node::Kind::list && exec->items.empty()))
            reader.bad(*exec, {"exec"}, "it names no program",
                       "write a list: [/path/to/program, argument, ...]");
        check_exec(reader, *exec, action.exec);
    }
    if (const auto* systemd = node.find("systemd");
        systemd && action.systemd && !action.systemd->text.empty())
        check_systemd(reader, *action.systemd);
    for (const auto& [key, value] : node.members)
        if (((key.text == "run_as" || key.text == "env") && !node.find("exec")) ||
            (key.text == "timeout" && first->text == "log"))
            reader.error(key.at, "a key without meaning", fmt::format("'{}'", key.text),
                         fmt::format("'{}' starts no program of its own", first->text), "remove it");
}

void read(Reader& reader, const Node& node, std::vector<StepSettings>& into, const Field& field) {
    if (node.faulty || node.kind == Node::Kind::null) return;
    if (node.kind == Node::Kind::list)
        for (const auto& item : node.items) read_step(reader, item, into, field);
    else
        read_step(reader, node, into, field);
}

} // namespace dmev
