// SPDX-License-Identifier: Apache-2.0
// Nodes as YAML and as JSON.
#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "config/shown.hpp"

namespace dmev {
namespace {

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// What JSON would take for a number.
bool is_number(std::string_view text) {
    const auto digits = [&] {
        const auto count =
            static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
        text.remove_prefix(count);
        return count;
    };
    if (text.starts_with('-')) text.remove_prefix(1);
    const bool zero = text.starts_with('0');
    const auto whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (digits() == 0) return false;
    }
    return text.empty();
}

// What some reader of YAML may take for something else than a text.
bool is_word_of_yaml(std::string_view text) {
    constexpr std::array<std::string_view, 9> words{"true", "false", "null", "yes", "no",
                                                    "on",   "off",   "y",    "n"};
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return std::find(words.begin(), words.end(), lower) != words.end();
}

// Whether TEXT stands for itself wherever it is put, in brackets too.
bool is_safe(std::string_view text) {
    if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
    if (!is_letter(text.front()) && !is_digit(text.front()) && !is_one_of(text.front(), "/_.")) return false;
    return text != "..." && std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter(c) || is_digit(c) || is_one_of(c, "/_.-+=%@ ");
           });
}

std::string scalar_text(const Node& node) {
    const bool other =
        is_word_of_yaml(node.text) || (!node.text.empty() && is_one_of(node.text.front(), "0123456789."));
    if (is_safe(node.text) && (!node.quoted || !other)) return node.text;
    if (!node.quoted && is_number(node.text)) return node.text;
    std::string out;
    JsonWriter{out}.value(std::string_view{node.text});
    return out;
}

// Keys are texts for every reader of ours, even `on`.
std::string key_text(const Node& key) {
    const bool null = key.text == "null" || key.text == "Null" || key.text == "NULL";
    return is_safe(key.text) && !null ? key.text : scalar_text(key);
}

bool is_inline(const Node& node) {
    switch (node.kind) {
        case Node::Kind::null:
        case Node::Kind::scalar: return true;
        case Node::Kind::list:
            return std::all_of(node.items.begin(), node.items.end(),
                               [](const Node& n) { return n.kind <= Node::Kind::scalar; });
        case Node::Kind::map: return node.members.empty();
    }
    return true;
}

std::string inline_text(const Node& node) {
    switch (node.kind) {
        case Node::Kind::null: return "null";
        case Node::Kind::scalar: return scalar_text(node);
        case Node::Kind::map: return "{}";
        case Node::Kind::list: break;
    }
    std::string out = "[";
    for (const auto& item : node.items) out += (out.size() > 1 ? ", " : "") + inline_text(item);
    return out + "]";
}

// FIRST: what the first line begins with, the others with as many spaces.
void write_block(std::string& out, const Node& node, const std::string& first) {
    const std::string indent(first.size(), ' ');
    auto lead = first;
    for (const auto& item : node.items) {
        if (is_inline(item))
            out += lead + "- " + inline_text(item) + "\n";
        else
            write_block(out, item, lead + "- ");
        lead = indent;
    }
    for (const auto& [key, value] : node.members) {
        out += lead + key_text(key) + ":";
        if (is_inline(value)) {
            out += " " + inline_text(value) + "\n";
        } else {
            out += "\n";
            write_block(out, value, indent + "  ");
        }
        lead = indent;
    }
}

// Whole ones to the last digit.
void write_number(JsonWriter& json, std::string_view text) {
    const auto *begin = text.data(), *end = begin + text.size();
    if (std::uint64_t whole = 0; std::from_chars(begin, end, whole).ptr == end) {
        json.value(whole);
        return;
    }
    double number = 0;
    std::from_chars(begin, end, number);
    json.value(number);
}

} // namespace

std::string yaml_text(const Node& node) {
    if (is_inline(node)) return inline_text(node) + "\n";
    std::string out;
    write_block(out, node, "");
    return out;
}

void write_json(JsonWriter& json, const Node& node) {
    switch (node.kind) {
        case Node::Kind::null: json.null(); break;
        case Node::Kind::scalar:
            if (!node.quoted && (node.text == "true" || node.text == "false"))
                json.value(node.text == "true");
            else if (!node.quoted && is_number(node.text))
                write_number(json, node.text);
            else
                json.value(std::string_view{node.text});
            break;
        case Node::Kind::list:
            json.begin_array();
            for (const auto& item : node.items) write_json(json, item);
            json.end_array();
            break;
        case Node::Kind::map:
            json.begin_object();
            for (const auto& [key, value] : node.members) {
                json.key(key.text);
                write_json(json, value);
            }
            json.end_object();
            break;
    }
}

} // namespace dmev
