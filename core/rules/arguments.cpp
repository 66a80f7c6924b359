// SPDX-License-Identifier: Apache-2.0
#include "rules/arguments.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "rules/quantity.hpp"

namespace dmev {
namespace {

constexpr const char* kManaged = "even_if_managed";
constexpr const char* kTimeout = "timeout";

// A value, or what was expected instead.
struct Read {
    std::optional<Value> value;
    std::string expected;
};

template <class T>
std::optional<T> whole(const std::string& text) {
    T number{};
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return number;
}

Read integer(const Node& node) {
    if (const auto number = whole<std::int64_t>(node.text); number && !node.quoted)
        return {Value{*number}, {}};
    return {{}, "a whole number"};
}

Read unsigned_integer(const Node& node) {
    if (const auto number = whole<std::uint64_t>(node.text); number && !node.quoted)
        return {Value{*number}, {}};
    return {{}, "a whole number, not below 0"};
}

// Bytes. A plain whole number is taken digit by digit, since not every one of them is a double.
Read size(const Node& node) {
    if (const auto bytes = whole<std::uint64_t>(node.text)) return {Value{*bytes}, {}};
    const auto bytes = parse_amount(node.text);
    if (bytes && *bytes >= 0 && *bytes < 9.2e18 && !node.text.ends_with('%'))
        return {Value{static_cast<std::uint64_t>(std::llround(*bytes))}, {}};
    return {{}, "a size, as in 512MiB or 2TiB"};
}

Read real(const Node& node) {
    const auto number = parse_amount(node.text);
    const bool plain = !node.text.empty() && std::isdigit(static_cast<unsigned char>(node.text.back()));
    if (number && !node.quoted && (plain || node.text.ends_with('%'))) return {Value{*number}, {}};
    return {{}, "a number"};
}

Read boolean(const Node& node) {
    if (!node.quoted && (node.text == "true" || node.text == "false"))
        return {Value{node.text == "true"}, {}};
    return {{}, "true or false"};
}

Read list(const Node& node) {
    const auto is_scalar = [](const Node& item) { return item.kind == Node::Kind::scalar; };
    if (node.kind == Node::Kind::scalar) return {Value{Value::List{Value{node.text}}}, {}};
    if (node.kind != Node::Kind::list || !std::all_of(node.items.begin(), node.items.end(), is_scalar))
        return {{}, "a list of texts"};
    Value::List out;
    for (const auto& item : node.items) out.push_back({item.text});
    return {Value{std::move(out)}, {}};
}

Read read(const HookParam& param, const Node& node) {
    if (param.kind == ParamKind::list) return list(node);
    const bool scalar = node.kind == Node::Kind::scalar;
    const Node none; // reads as nothing of the kind: only the expectation is used
    const Node& from = scalar ? node : none;
    switch (param.kind) {
        case ParamKind::integer: return integer(from);
        case ParamKind::unsigned_integer:
            return param.name.ends_with("_size") ? size(from) : unsigned_integer(from);
        case ParamKind::real: return real(from);
        case ParamKind::boolean: return boolean(from);
        case ParamKind::text:
        case ParamKind::list: break;
    }
    if (scalar) return {Value{node.text}, {}};
    return {{}, "a text"};
}

std::string shown(const Node& node) {
    return node.kind == Node::Kind::scalar ? "'" + escape(node.text) + "'" : std::string{node.kind_name()};
}

const HookParam* declared(const HookType& hook, std::string_view name) {
    const auto it = std::find_if(hook.params.begin(), hook.params.end(),
                                 [&](const HookParam& param) { return param.name == name; });
    return it == hook.params.end() ? nullptr : &*it;
}

void unknown(const Spelled& name, const HookType& hook, Diagnostics& diagnostics) {
    std::vector<std::string> names{kManaged, kTimeout};
    for (const auto& param : hook.params) names.push_back(param.name);
    std::string remedy;
    if (const auto guess = nearest(name.text, names); !guess.empty()) {
        remedy = "did you mean '" + std::string{guess} + "'?";
    } else {
        std::rotate(names.begin(), names.begin() + 2, names.end());
        for (const auto& known : names) remedy += (remedy.empty() ? "it has " : ", ") + known;
    }
    diagnostics.error(name.at, "unknown parameter", "'" + escape(name.text) + "' of " + hook.name, "",
                      remedy);
}

} // namespace

void read_arguments(const StepSettings& written, const HookType& hook, Step& step, Diagnostics& diagnostics) {
    for (const auto& [name, node] : written.arguments) {
        const auto wrong = [&, &name = name, &node = node](const std::string& expected) {
            diagnostics.error(node.at, "bad parameter", "'" + name.text + "' of " + hook.name,
                              shown(node) + " is not " + expected);
        };
        if (name.text == kManaged) {
            const auto flag = node.kind == Node::Kind::scalar ? boolean(node) : Read{};
            if (flag.value)
                step.even_if_managed = std::get<bool>(flag.value->v);
            else
                wrong("true or false");
        } else if (name.text == kTimeout) {
            step.timeout = node.kind == Node::Kind::scalar ? parse_duration(node.text) : std::nullopt;
            if (!step.timeout || step.timeout == Millis{0}) wrong("a time above 0, as in 30s or 5m");
        } else if (const auto* param = declared(hook, name.text)) {
            auto got = read(*param, node);
            if (got.value)
                set_field(step.arguments, param->name, std::move(*got.value));
            else
                wrong(got.expected);
        } else {
            unknown(name, hook, diagnostics);
        }
    }
    for (const auto& param : hook.params) {
        const auto given = [&](const auto& argument) { return argument.first.text == param.name; };
        if (param.required && std::none_of(written.arguments.begin(), written.arguments.end(), given))
            diagnostics.error(written.name.at, hook.name + " lacks", "'" + param.name + "'", "", param.help);
    }
}

} // namespace dmev
