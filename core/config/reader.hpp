// SPDX-License-Identifier: Apache-2.0
// From a Node to settings: a function for each type of value, and one for every struct that has a table of
// keys. Each says what is wrong and goes on; what was right is in the settings in any case.
#pragma once
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "config/node.hpp"
#include "config/settings.hpp"

namespace dmev {

template <class S>
concept Described = requires {
    Schema<S>::keys;
};

// Items of these stand in a map, by this member.
template <class S>
inline constexpr Spelled S::*kNamedBy = nullptr;
template <>
inline constexpr Spelled ThresholdSettings::*kNamedBy<ThresholdSettings> = &ThresholdSettings::type;
template <>
inline constexpr Spelled ActionSettings::*kNamedBy<ActionSettings> = &ActionSettings::name;

// The key whose value is read.
struct Field {
    std::string_view name;
    Range range{};
};

// What WORD was probably meant as: the nearest of KNOWN in spelling, else one that begins alike, else empty.
std::string_view meant(std::string_view word, std::span<const std::string> known);

class Reader {
 public:
    explicit Reader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    // "bad value of 'FIELD': WHY; REMEDY"
    void bad(const Node& node, const Field& field, std::string why, std::string remedy);
    void error(const Place& at, std::string what, std::string object, std::string why, std::string remedy);
    void unknown_key(const Node& key, const std::vector<std::string>& known);

    // Whether NODE is what it should be. Nothing (only the key was written) is an empty map or list, but no
    // scalar.
    bool is_scalar(const Node& node, const Field& field, std::string_view wanted);
    bool is_list(const Node& node, const Field& field);
    bool is_map(const Node& node, const Field& field);
    bool is_something(const Node& node, const Field& field); // not even the empty map that nothing may be

 private:
    Diagnostics& diagnostics_;
};

// The names of one kind of thing, each of which may stand once in all files.
class Names {
 public:
    Names(Reader& reader, std::string_view kind) : reader_(reader), kind_(kind) {}
    void add(const Spelled& name);
    void note(const Spelled& name); // of an earlier file: it is not looked at again

 private:
    Reader& reader_;
    std::string_view kind_;
    std::unordered_map<std::string, Place> places_;
};

// FIELD's value. What stands in INTO stays when it is not a right one.
void read(Reader& reader, const Node& node, bool& into, const Field& field);
void read(Reader& reader, const Node& node, std::uint32_t& into, const Field& field);
void read(Reader& reader, const Node& node, double& into, const Field& field);
void read(Reader& reader, const Node& node, Millis& into, const Field& field);
void read(Reader& reader, const Node& node, Size& into, const Field& field);
void read(Reader& reader, const Node& node, Spelled& into, const Field& field);
void read(Reader& reader, const Node& node, std::vector<Spelled>& into, const Field& field);
void read(Reader& reader, const Node& node, RunAs& into, const Field& field);
void read(Reader& reader, const Node& node, RemindSettings& into, const Field& field);
void read(Reader& reader, const Node& node, MaxRunsSettings& into, const Field& field);
void read(Reader& reader, const Node& node, BackoffSettings& into, const Field& field);
void read(Reader& reader, const Node& node, std::vector<std::pair<Spelled, Spelled>>& into,
          const Field& field);
void read(Reader& reader, const Node& node, MatchSettings& into, const Field& field);
void read(Reader& reader, const Node& node, LogSettings& into, const Field& field);
void read(Reader& reader, const Node& node, std::vector<StepSettings>& into, const Field& field);

// What the members of one NODE must be together; after they were read.
void check(Reader& reader, const Node& node, const PollSettings& poll);
void check(Reader& reader, const Node& node, const IgnoreSettings& ignore);
void check(Reader& reader, const Node& node, const ThresholdSettings& threshold);
void check(Reader& reader, const Node& node, const LogSettings& log);
void check(Reader& reader, const Node& node, const ActionSettings& action);
void check(Reader& reader, const Node& node, const RetrySettings& retry);
void check(Reader& reader, const Node& node, const RuleSettings& rule);
void check(Reader& reader, const Node& node, const LimitSettings& limits);
void check(Reader& reader, const Node& node, const HistorySettings& history);
void check(Reader& reader, const Node& node, const Settings& settings);

template <Described S>
void read(Reader& reader, const Node& node, S& into, const Field& field);
template <Described S>
void read_members(Reader& reader, const Node& node, S& into);

// A value that may be left out.
template <class T>
void read(Reader& reader, const Node& node, std::optional<T>& into, const Field& field) {
    if (node.faulty) return;
    T value{};
    read(reader, node, value, field);
    into = std::move(value);
}

// Items go on where those of the last file ended.
template <Described S>
void read(Reader& reader, const Node& node, std::vector<S>& into, const Field& field) {
    if constexpr (kNamedBy<S> != nullptr) {
        if (!reader.is_map(node, field)) return;
        Names names{reader, field.name.substr(0, field.name.size() - 1)};
        for (const auto& item : into) names.note(item.*kNamedBy<S>);
        for (const auto& [key, value] : node.members) {
            S item;
            item.*kNamedBy<S> = {key.text, key.at};
            names.add(item.*kNamedBy<S>);
            if (reader.is_something(value, {key.text})) read(reader, value, item, {key.text});
            into.push_back(std::move(item));
        }
    } else {
        if (!reader.is_list(node, field)) return;
        for (const auto& value : node.items) {
            if (!reader.is_something(value, field) || !reader.is_map(value, field)) continue;
            S item;
            read_members(reader, value, item);
            into.push_back(std::move(item));
        }
    }
}

// The members of NODE by the table of S.
template <Described S>
void read_members(Reader& reader, const Node& node, S& into) {
    for (const auto& member : node.members) {
        const Node &key = member.first, &value = member.second;
        const auto found = std::apply(
            [&](const auto&... entry) {
                return ((key.text == entry.name &&
                         (read(reader, value, into.*entry.member, {entry.name, entry.range}), true)) ||
                        ...);
            },
            Schema<S>::keys);
        if (found) continue;
        reader.unknown_key(key,
                           std::apply([](const auto&... e) { return std::vector<std::string>{e.name...}; },
                                      Schema<S>::keys));
    }
    check(reader, node, into);
}

template <Described S>
void read(Reader& reader, const Node& node, S& into, const Field& field) {
    if (reader.is_map(node, field)) read_members(reader, node, into);
}

} // namespace dmev
