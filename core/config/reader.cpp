// SPDX-License-Identifier: Apache-2.0
#include "config/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace dmev {
namespace {

// One of KNOWN that begins as WORD does, by four letters or all of a shorter one: on_event, on.
std::string_view related(std::string_view word, std::span<const std::string> known) {
    for (const auto& name : known) {
        const auto same =
            std::mismatch(word.begin(), word.end(), name.begin(), name.end()).first - word.begin();
        const auto common = static_cast<std::size_t>(same);
        if (common >= 4 ||
            (common == name.size() && std::string_view{"_-."}.find(word[common]) != std::string_view::npos))
            return name;
    }
    return {};
}

} // namespace

std::string_view meant(std::string_view word, std::span<const std::string> known) {
    const auto guess = nearest(word, known);
    return guess.empty() ? related(word, known) : guess;
}

void Reader::error(const Place& at, std::string what, std::string object, std::string why,
                   std::string remedy) {
    diagnostics_.error(at, std::move(what), std::move(object), std::move(why), std::move(remedy));
}

void Reader::bad(const Node& node, const Field& field, std::string why, std::string remedy) {
    error(node.at, "bad value of", fmt::format("'{}'", escape(field.name)), std::move(why),
          std::move(remedy));
}

void Reader::unknown_key(const Node& key, const std::vector<std::string>& known) {
    const auto guess = meant(key.text, known);
    error(key.at, "unknown key", fmt::format("'{}'", escape(key.text)), {},
          guess.empty() ? fmt::format("the keys here are {}", fmt::join(known, ", "))
                        : fmt::format("did you mean '{}'?", guess));
}

bool Reader::is_scalar(const Node& node, const Field& field, std::string_view wanted) {
    if (node.faulty) return false;
    if (node.kind == Node::Kind::scalar) return true;
    // {device} without quotes is a map too.
    const bool placeholder = node.members.size() == 1 && node.members[0].second.kind == Node::Kind::null;
    bad(node, field, fmt::format("it is {}", node.kind_name()),
        placeholder ? fmt::format("put it into quotes: \"{{{}}}\"", escape(node.members[0].first.text))
                    : fmt::format("write {}", wanted));
    return false;
}

bool Reader::is_list(const Node& node, const Field& field) {
    if (node.faulty || node.kind == Node::Kind::null) return false;
    if (node.kind == Node::Kind::list) return true;
    bad(node, field, fmt::format("it is {}", node.kind_name()), "write a list: each item begins with '- '");
    return false;
}

bool Reader::is_map(const Node& node, const Field& field) {
    if (node.faulty || node.kind == Node::Kind::null) return false;
    if (node.kind == Node::Kind::map) return true;
    bad(node, field, fmt::format("it is {}", node.kind_name()), "write a map: lines of 'key: value'");
    return false;
}

bool Reader::is_something(const Node& node, const Field& field) {
    if (node.kind != Node::Kind::null) return true;
    if (!node.faulty) bad(node, field, "nothing stands here", "write a map: lines of 'key: value'");
    return false;
}

void Names::note(const Spelled& name) { places_.emplace(name.text, name.at); }

void Names::add(const Spelled& name) {
    if (name.text.empty()) return;
    const auto [first, is_new] = places_.emplace(name.text, name.at);
    if (is_new) return;
    const auto& at = first->second;
    reader_.error(name.at, fmt::format("a second {}", kind_), fmt::format("'{}'", escape(name.text)),
                  fmt::format("the first is at {}:{}:{}", at.file, at.line, at.column),
                  "give it another name, or remove one of them");
}

} // namespace dmev
