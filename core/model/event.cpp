// SPDX-License-Identifier: Apache-2.0
#include "model/event.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dmev {

const char* severity_name(Severity severity) {
    switch (severity) {
        case Severity::info: return "info";
        case Severity::notice: return "notice";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
        case Severity::critical: return "critical";
    }
    return "info";
}

const char* state_name(State state) {
    switch (state) {
        case State::raised: return "raised";
        case State::cleared: return "cleared";
        case State::happened: return "happened";
    }
    return "happened";
}

std::string Value::text() const {
    struct {
        std::string operator()(const std::string& s) const { return s; }
        std::string operator()(bool b) const { return b ? "yes" : "no"; }
        std::string operator()(const List& list) const {
            std::string out;
            for (const auto& item : list) out += (out.empty() ? "" : ", ") + item.text();
            return out;
        }
        std::string operator()(double d) const { return fmt::format("{}", d); }
        std::string operator()(std::int64_t i) const { return std::to_string(i); }
        std::string operator()(std::uint64_t u) const { return std::to_string(u); }
    } visitor;
    return std::visit(visitor, v);
}

const Value* find_field(std::span<const Fields::value_type> fields, std::string_view name) {
    const auto it =
        std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.first == name; });
    return it == fields.end() ? nullptr : &it->second;
}

void set_field(Fields& fields, std::string_view name, Value value) {
    const auto it =
        std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.first == name; });
    if (it == fields.end())
        fields.emplace_back(std::string{name}, std::move(value));
    else
        it->second = std::move(value);
}

} // namespace dmev
