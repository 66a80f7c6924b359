// SPDX-License-Identifier: Apache-2.0
// JSON Schema (draft 2020-12) for editors. It is built as a Node and written as JSON: a schema of the whole
// is one walk over the tables, with one function for each type of value.
#include <fmt/format.h>

#include "config/print.hpp"
#include "config/scalars.hpp"
#include "config/shown.hpp"

namespace dmev {
namespace {

// A map of NAME, VALUE, NAME, VALUE, ...
Node object() { return map_node(); }
template <class... Rest>
Node object(const char* name, Node value, Rest... rest) {
    auto made = object(std::move(rest)...);
    made.members.insert(made.members.begin(), Node::Member{text_node(name), std::move(value)});
    return made;
}

template <class... Items>
Node array(Items... items) {
    auto made = list_node();
    (made.items.push_back(std::move(items)), ...);
    return made;
}

Node text(const char* word) { return text_node(word); }
Node type(const char* name) { return object("type", text(name)); }
Node pattern(const std::string& regex) {
    return object("type", text("string"), "pattern", text_node("^(" + regex + ")$"));
}
Node number(const char* name, const Range& range) {
    return object("type", text(name), "minimum", *shown(range.least), "maximum", *shown(range.most));
}
Node definition(const char* name) { return object("$ref", text_node(fmt::format("#/$defs/{}", name))); }

// One or a list of.
Node one_or_more(const Node& item) {
    return object("anyOf", array(item, object("type", text("array"), "items", item)));
}
Node map_of(Node value) { return object("type", text("object"), "additionalProperties", std::move(value)); }
Node scalar() { return object("type", array(text("string"), text("number"), text("boolean"))); }
Node requires_one_of(std::initializer_list<const char*> keys) {
    auto any = list_node();
    for (const auto* key : keys) any.items.push_back(object("required", array(text(key))));
    return any;
}

template <class T>
struct As {};

template <Described S>
Node schema(As<S>, const Range&);

Node schema(As<bool>, const Range&) { return type("boolean"); }
Node schema(As<std::uint32_t>, const Range& range) { return number("integer", range); }
Node schema(As<double>, const Range& range) { return number("number", range); }
Node schema(As<Millis>, const Range&) { return pattern(kDurationPattern); }
Node schema(As<Size>, const Range&) { return pattern(kSizePattern); }
Node schema(As<Spelled>, const Range&) { return scalar(); }
Node schema(As<std::vector<Spelled>>, const Range&) { return one_or_more(scalar()); }
Node schema(As<RunAs>, const Range&) { return pattern("[^:]+(:[^:]+)?"); }
Node schema(As<RemindSettings>, const Range&) { return pattern(kRemindPattern); }
Node schema(As<MaxRunsSettings>, const Range&) { return pattern(kMaxRunsPattern); }
Node schema(As<BackoffSettings>, const Range&) { return pattern(kBackoffPattern); }
Node schema(As<std::vector<std::pair<Spelled, Spelled>>>, const Range&) {
    auto made = map_of(scalar());
    add_member(made, "propertyNames", pattern("[A-Za-z_][A-Za-z0-9_]*"));
    return made;
}
Node schema(As<MatchSettings>, const Range&) { return map_of(one_or_more(scalar())); }
Node schema(As<std::vector<StepSettings>>, const Range&) {
    auto hook = object("type", text("object"), "propertyNames", pattern("[^.]+\\.[^.]+"), "minProperties",
                       plain_node("1"), "maxProperties", plain_node("1"));
    add_member(hook, "additionalProperties", object("type", array(text("object"), text("null"))));
    return one_or_more(object("anyOf", array(type("string"), std::move(hook), definition("action"))));
}
Node schema(As<ActionSettings>, const Range&) { return definition("action"); }

// Keys that must be there; for each struct that has some.
template <class S>
void add_required(Node&) {}
template <>
void add_required<Settings>(Node& made) {
    add_member(made, "required", array(text("version")));
}
template <>
void add_required<RuleSettings>(Node& made) {
    add_member(made, "required", array(text("name"), text("on"), text("do")));
}
template <>
void add_required<IgnoreSettings>(Node& made) {
    add_member(made, "anyOf", requires_one_of({"name", "uuid"}));
}
template <>
void add_required<ActionSettings>(Node& made) {
    add_member(made, "oneOf", requires_one_of({"exec", "log", "systemd"}));
}

template <class T>
Node schema(As<std::optional<T>>, const Range& range) {
    return schema(As<T>{}, range);
}
template <Described S>
Node schema(As<std::vector<S>>, const Range& range) {
    auto item = schema(As<S>{}, range);
    if constexpr (kNamedBy<S> != nullptr) return map_of(std::move(item));
    return object("type", text("array"), "items", std::move(item));
}

template <class S, class T>
Node property(const Key<S, T>& key) {
    auto made = schema(As<T>{}, key.range);
    made.members.insert(made.members.begin(), Node::Member{text_node("description"), text(key.help)});
    const auto value = shown(S{}.*key.member);
    if (value && value->kind == Node::Kind::scalar && !value->text.empty())
        add_member(made, "default", value);
    return made;
}

template <Described S>
Node described() {
    auto properties = map_node();
    std::apply([&](const auto&... key) { (add_member(properties, key.name, property(key)), ...); },
               Schema<S>::keys);
    auto made = object("type", text("object"));
    add_required<S>(made);
    add_member(made, "additionalProperties", shown(false));
    add_member(made, "properties", std::move(properties));
    return made;
}

template <Described S>
Node schema(As<S>, const Range&) {
    return described<S>();
}

// "log: TEXT" is short for its message.
Node schema(As<LogSettings>, const Range&) {
    return object("anyOf", array(type("string"), described<LogSettings>()));
}

// JSON with a member on each line, so that it can be read and compared.
std::string indented(std::string_view json) {
    std::string out, indent = "\n";
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (quoted || c == '"') {
            out += c;
            if (c == '"') quoted = !quoted;
            if (c == '\\') out += json[++i];
        } else if (c == '{' || c == '[') {
            out += c + (indent += "  ");
        } else if (c == '}' || c == ']') {
            indent.resize(indent.size() - 2);
            out += indent + c;
        } else if (c == ',') {
            out += c + indent;
        } else {
            out += c;
            if (c == ':') out += ' ';
        }
    }
    return out + "\n";
}

} // namespace

std::string settings_schema() {
    auto root = described<Settings>();
    root.members.insert(root.members.begin(),
                        {Node::Member{text("$schema"), text("https://json-schema.org/draft/2020-12/schema")},
                         Node::Member{text("title"), text("The configuration of dmevent_tool")},
                         Node::Member{text("$comment"),
                                      text("Generated from the tables that the program itself reads by.")}});
    add_member(root, "$defs", object("action", described<ActionSettings>()));
    std::string out;
    JsonWriter json{out};
    write_json(json, root);
    return indented(out);
}

} // namespace dmev
