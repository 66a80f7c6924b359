// SPDX-License-Identifier: Apache-2.0
#include "action/postcondition.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dmev {
namespace {

const TargetFacts::Gauge* find_gauge(const TargetFacts& facts, const std::string& name) {
    const auto it = std::find_if(facts.gauges.begin(), facts.gauges.end(),
                                 [&](const auto& gauge) { return gauge.name == name; });
    return it == facts.gauges.end() ? nullptr : &*it;
}

std::optional<std::string> still_holds(const Expectation& expected, const TargetFacts& now) {
    std::string parts;
    bool holds = false;
    for (const auto& [type, part] : now.holding) {
        if (type != expected.name || (!expected.part.empty() && part != expected.part)) continue;
        holds = true;
        if (!part.empty()) parts += (parts.empty() ? " for " : ", ") + part;
    }
    if (!holds) return std::nullopt;
    return expected.name + " still holds" + parts;
}

std::optional<std::string> not_grown(const Expectation& expected, const TargetFacts& before,
                                     const TargetFacts& now) {
    const auto* then = find_gauge(before, expected.name);
    const auto* gauge = find_gauge(now, expected.name);
    if (!then || !gauge)
        return fmt::format("the size of {} is not known {}", expected.name, then ? "now" : "from before");
    if (gauge->total > then->total) return std::nullopt;
    return fmt::format("{} has not grown: its size is {}, it was {}", expected.name, gauge->total,
                       then->total);
}

std::optional<double> number(const Value& value) {
    return std::visit(
        [](const auto& v) -> std::optional<double> {
            using T = std::decay_t<decltype(v)>;
            if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) return static_cast<double>(v);
            return std::nullopt;
        },
        value.v);
}

// Whole numbers exactly, whatever type each side used.
bool same(const Value& a, const Value& b) {
    const auto x = number(a), y = number(b);
    if (x.has_value() != y.has_value()) return false;
    if (x && (std::holds_alternative<double>(a.v) || std::holds_alternative<double>(b.v))) return *x == *y;
    return a.text() == b.text() && (x || a.v.index() == b.v.index());
}

std::optional<std::string> differs(const Expectation& expected, const TargetFacts& now) {
    const Value* value = find_field(now.fields, expected.name);
    if (!value) return fmt::format("{} is not known, and should be {}", expected.name, expected.value.text());
    if (same(*value, expected.value)) return std::nullopt;
    return fmt::format("{} is {}, and should be {}", expected.name, value->text(), expected.value.text());
}

} // namespace

std::optional<std::string> unmet(std::span<const Expectation> expect, const TargetFacts& before,
                                 const TargetFacts& now) {
    std::string out;
    for (const auto& expected : expect) {
        std::optional<std::string> why;
        switch (expected.what) {
            case Expectation::What::ended: why = still_holds(expected, now); break;
            case Expectation::What::grown: why = not_grown(expected, before, now); break;
            case Expectation::What::field: why = differs(expected, now); break;
        }
        if (why) out += (out.empty() ? "" : "; ") + *why;
    }
    if (out.empty()) return std::nullopt;
    return out;
}

} // namespace dmev
