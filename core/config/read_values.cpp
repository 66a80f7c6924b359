// SPDX-License-Identifier: Apache-2.0
// Scalars, and lists and maps of them.
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/reader.hpp"
#include "config/scalars.hpp"
#include "config/users.hpp"

namespace dmev {
namespace {

// A scalar that PARSE understands; none when it is told that it is not.
template <class Parse>
auto parsed(Reader& reader, const Node& node, const Field& field, const char* wanted, Parse parse)
    -> std::optional<std::decay_t<decltype(*parse(node.text))>> {
    if (!reader.is_scalar(node, field, wanted)) return std::nullopt;
    auto value = parse(node.text);
    if (value) return *std::move(value);
    reader.bad(node, field, value.error().why, value.error().remedy);
    return std::nullopt;
}

// A number or a flag: in quotes it is a text.
bool is_bare(Reader& reader, const Node& node, const Field& field, const char* wanted) {
    if (!reader.is_scalar(node, field, wanted)) return false;
    if (!node.quoted) return true;
    reader.bad(node, field, "it is a text, because of the quotes",
               fmt::format("write {} without quotes", wanted));
    return false;
}

template <class T, class Parse>
void read_number(Reader& reader, const Node& node, T& into, const Field& field, const char* wanted,
                 Parse parse) {
    if (!is_bare(reader, node, field, wanted)) return;
    const auto number = parsed(reader, node, field, wanted, parse);
    if (!number) return;
    const auto [least, most] = field.range;
    if (*number >= least && (most == 0 || *number <= most))
        into = *number;
    else if (least == most)
        reader.bad(node, field, fmt::format("it is {}", node.text), fmt::format("write {}", least));
    else
        reader.bad(node, field, fmt::format("{} is not from {} to {}", node.text, least, most),
                   fmt::format("write a number from {} to {}", least, most));
}

constexpr const char* kText = "a text";

bool is_name(std::string_view text) {
    if (text.empty() || (text.front() >= '0' && text.front() <= '9')) return false;
    return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
           std::string_view::npos;
}

} // namespace

void read(Reader& reader, const Node& node, bool& into, const Field& field) {
    constexpr const char* wanted = "true or false";
    if (!is_bare(reader, node, field, wanted)) return;
    if (const auto flag = parsed(reader, node, field, wanted, parse_flag)) into = *flag;
}

void read(Reader& reader, const Node& node, std::uint32_t& into, const Field& field) {
    read_number(reader, node, into, field, "a whole number", parse_count);
}

void read(Reader& reader, const Node& node, double& into, const Field& field) {
    read_number(reader, node, into, field, "a percentage such as 80 or 82.5", parse_percent);
}

void read(Reader& reader, const Node& node, Millis& into, const Field& field) {
    const auto duration =
        parsed(reader, node, field, "a duration as 250ms, 10s, 5m, 2h or 1d", parse_duration);
    if (!duration) return;
    const auto least = Millis{static_cast<Millis::rep>(field.range.least)};
    const auto most =
        field.range.most > 0 ? Millis{static_cast<Millis::rep>(field.range.most)} : kLongestTime;
    if (*duration >= least && *duration <= most)
        into = *duration;
    else
        reader.bad(
            node, field,
            fmt::format("'{}' is {}", escape(node.text), *duration < least ? "too short" : "too long"),
            fmt::format("write a duration from {} to {}", format_duration(least), format_duration(most)));
}

void read(Reader& reader, const Node& node, Size& into, const Field& field) {
    const auto size = parsed(reader, node, field, "a size as 256MiB", parse_size);
    if (!size) return;
    const Size least{static_cast<std::uint64_t>(field.range.least)};
    if (size->bytes >= least.bytes)
        into = *size;
    else
        reader.bad(node, field, fmt::format("'{}' is too small", escape(node.text)),
                   fmt::format("write at least {}", format_size(least)));
}

void read(Reader& reader, const Node& node, Spelled& into, const Field& field) {
    if (!reader.is_scalar(node, field, kText)) return;
    into = {node.text, node.at};
    if (node.text.empty()) reader.bad(node, field, "it is empty", "write a text");
}

// One item need not be a list.
void read(Reader& reader, const Node& node, std::vector<Spelled>& into, const Field& field) {
    if (node.faulty || node.kind == Node::Kind::null) return;
    // An argument of a program may be empty.
    const auto add = [&](const Node& item) {
        if (reader.is_scalar(item, field, kText)) into.push_back({item.text, item.at});
    };
    if (node.kind == Node::Kind::map)
        reader.bad(node, field, "it is a map", "write a list of texts: [a, b]");
    else if (node.kind == Node::Kind::scalar)
        add(node);
    else
        for (const auto& item : node.items) add(item);
}

void read(Reader& reader, const Node& node, RunAs& into, const Field& field) {
    const auto resolve = [&](const std::string& text) { return resolve_user({text, node.at}); };
    if (auto user = parsed(reader, node, field, "USER or USER:GROUP", resolve)) into = *std::move(user);
}

void read(Reader& reader, const Node& node, RemindSettings& into, const Field& field) {
    constexpr const char* wanted = "'once', 'every 1h', 'diminishing' or 'diminishing 6h'";
    if (const auto remind = parsed(reader, node, field, wanted, parse_remind)) into = *remind;
}

void read(Reader& reader, const Node& node, MaxRunsSettings& into, const Field& field) {
    if (const auto limit = parsed(reader, node, field, "'5 per 10m'", parse_max_runs)) into = *limit;
}

void read(Reader& reader, const Node& node, BackoffSettings& into, const Field& field) {
    if (const auto backoff = parsed(reader, node, field, "'1s..5m'", parse_backoff)) into = *backoff;
}

// env:
void read(Reader& reader, const Node& node, std::vector<std::pair<Spelled, Spelled>>& into,
          const Field& field) {
    if (!reader.is_map(node, field)) return;
    for (const auto& [key, value] : node.members) {
        const Field variable{key.text};
        if (!is_name(key.text))
            reader.error(key.at, "bad name of a variable", fmt::format("'{}'", escape(key.text)), {},
                         "write letters, digits and '_', not beginning with a digit");
        else if (key.text.starts_with("DMEVENT_"))
            reader.error(key.at, "bad name of a variable", fmt::format("'{}'", escape(key.text)),
                         "those that begin with DMEVENT_ tell of the event", "give it another name");
        else if (reader.is_scalar(value, variable, kText))
            into.emplace_back(Spelled{key.text, key.at}, Spelled{value.text, value.at});
    }
}

void read(Reader& reader, const Node& node, MatchSettings& into, const Field& field) {
    if (!reader.is_map(node, field)) return;
    for (const auto& [key, value] : node.members) {
        const Field term{key.text};
        std::vector<Spelled> any;
        if (value.faulty) continue;
        if (value.kind == Node::Kind::map) {
            const auto inner = value.members.empty() ? "field" : escape(value.members[0].first.text);
            reader.bad(value, term, "it is a map",
                       fmt::format("write the key with a dot: '{}.{}: ...'", escape(key.text), inner));
            continue;
        }
        const auto add = [&](const Node& item) {
            if (reader.is_scalar(item, term, "a text or a number")) any.push_back({item.text, item.at});
        };
        if (value.kind != Node::Kind::list) {
            add(value);
        } else {
            for (const auto& item : value.items) add(item);
            if (value.items.empty())
                reader.bad(value, term, "the list is empty, so nothing matches", "name what may be");
        }
        if (!any.empty()) into.terms.emplace_back(Spelled{key.text, key.at}, std::move(any));
    }
}

} // namespace dmev
