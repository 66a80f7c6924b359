// SPDX-License-Identifier: Apache-2.0
#include "rules/compare.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "rules/quantity.hpp"

namespace dmev {
namespace {

using Op = Term::Test::Op;

bool ordered(Op op, double left, double right) {
    switch (op) {
        case Op::glob:
        case Op::equal: return left == right;
        case Op::unequal: return left != right;
        case Op::less: return left < right;
        case Op::at_most: return left <= right;
        case Op::greater: return left > right;
        case Op::at_least: return left >= right;
    }
    return false;
}

// Severities have an order of their own; what is none has no rank.
std::optional<double> rank(std::string_view name) {
    for (const auto severity :
         {Severity::info, Severity::notice, Severity::warning, Severity::error, Severity::critical})
        if (name == severity_name(severity)) return static_cast<double>(severity);
    return std::nullopt;
}

std::optional<double> number_of(const Value& value) {
    if (const auto* i = std::get_if<std::int64_t>(&value.v)) return static_cast<double>(*i);
    if (const auto* u = std::get_if<std::uint64_t>(&value.v)) return static_cast<double>(*u);
    if (const auto* d = std::get_if<double>(&value.v)) return *d;
    if (const auto* s = std::get_if<std::string>(&value.v)) return parse_amount(*s);
    return std::nullopt;
}

// With a pattern, == and != mean like and unlike it.
bool passes_text(const Term::Test& test, const std::string& text) {
    switch (test.op) {
        case Op::glob:
        case Op::equal: return glob_match(test.text, text);
        case Op::unequal: return !glob_match(test.text, text);
        default: return false;
    }
}

bool passes(const std::string& key, const Term::Test& test, const Value& value) {
    if (const auto* list = std::get_if<Value::List>(&value.v)) {
        const auto one = [&](const Value& item) { return passes(key, test, item); };
        return test.op == Op::unequal ? std::all_of(list->begin(), list->end(), one)
                                      : std::any_of(list->begin(), list->end(), one);
    }
    if (const auto* flag = std::get_if<bool>(&value.v)) // messages show a flag as yes or no
        return passes_text(test, test.text == "yes" || test.text == "no" ? value.text()
                                 : *flag                                 ? "true"
                                                                         : "false");
    if (key == "severity") {
        const auto left = rank(value.text()), right = rank(test.text);
        return left && right && ordered(test.op, *left, *right);
    }
    const bool is_text = std::holds_alternative<std::string>(value.v);
    // "007" is like "007" and not like "7"; what is a number by itself, or ordered, compares as one.
    if (test.number &&
        (!is_text || !(test.op == Op::glob || test.op == Op::equal || test.op == Op::unequal))) {
        const auto number = number_of(value);
        return number && ordered(test.op, *number, *test.number);
    }
    return passes_text(test, value.text());
}

std::string written(const Term::Test& test, bool numeric) {
    static constexpr std::array<const char*, 7> signs{"", "==", "!=", "<", "<=", ">", ">="};
    const auto text = numeric ? escape(test.text) : "'" + escape(test.text) + "'";
    if (test.op != Op::glob) return std::string{signs[static_cast<std::size_t>(test.op)]} + " " + text;
    return is_glob(test.text) ? "like " + text : text;
}

} // namespace

bool is_unlike(const Term& term, const std::string& text) {
    return std::none_of(term.any.begin(), term.any.end(), [&](const Term::Test& test) {
        const bool ordered = test.op != Op::glob && test.op != Op::equal && test.op != Op::unequal;
        return ordered || passes_text(test, text);
    });
}

std::optional<std::string> differs(const Term& term, const Value& value) {
    for (const auto& test : term.any)
        if (passes(term.key, test, value)) return std::nullopt;
    const auto* flag = std::get_if<bool>(&value.v);
    const bool bare =
        flag || term.key == "severity" || term.key == "state" ||
        !(std::holds_alternative<std::string>(value.v) || std::holds_alternative<Value::List>(value.v));
    const auto text = flag ? (*flag ? "true" : "false") : escape(value.text());
    std::string out = "is " + (bare ? text : "'" + text + "'") + ", not ";
    for (std::size_t i = 0; i < term.any.size(); ++i)
        out += (i ? " or " : "") + written(term.any[i], bare || term.any[i].number);
    return out;
}

} // namespace dmev
