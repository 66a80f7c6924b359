// SPDX-License-Identifier: Apache-2.0
#include "rules/terms.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "rules/compare.hpp"
#include "rules/quantity.hpp"

namespace dmev {
namespace {

using Op = Term::Test::Op;

const std::vector<std::string> kKeys{"device",   "uuid",  "vg",     "lv",      "type",   "target",  "part",
                                     "severity", "state", "source", "initial", "repeat", "inferred"};
const std::vector<std::string> kSeverities{"info", "notice", "warning", "error", "critical"};
const std::vector<std::string> kStates{"raised", "cleared", "happened"};
const std::vector<std::string> kFlags{"true", "false"};
const std::vector<std::string> kSources{"kernel", "uevent", "poll", "start", "restart", "resync", "action"};

// The words that a key is compared with; empty: any text.
std::span<const std::string> words_of(std::string_view key) {
    if (key == "severity") return kSeverities;
    if (key == "state") return kStates;
    if (key == "source") return kSources;
    if (key == "initial" || key == "repeat" || key == "inferred") return kFlags;
    return {};
}

bool is_data(std::string_view key) { return key.starts_with("data.") && key.size() > 5; }

std::string meant(std::string_view word, std::span<const std::string> known) {
    const auto guess = nearest(word, known);
    return guess.empty() ? "" : "did you mean '" + std::string{guess} + "'?";
}

std::string any_of(std::span<const std::string> words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "one of " : ", ") + word;
    return out;
}

// Splits ">= 70" into the operator and the rest. "=>", "=<" and "=" are mistakes.
struct Split {
    std::optional<Op> op;
    std::string_view rest;
    std::string mistake; // what was meant, when there is no such operator
};
Split split(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, Op>, 6> ops{{{">=", Op::at_least},
                                                                         {"<=", Op::at_most},
                                                                         {"==", Op::equal},
                                                                         {"!=", Op::unequal},
                                                                         {">", Op::greater},
                                                                         {"<", Op::less}}};
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> mistakes{
        {{"=>", ">="}, {"=<", "<="}, {"=", "=="}}};
    const auto after = [&](std::size_t n) {
        const auto first = text.find_first_not_of(' ', n);
        return first == std::string_view::npos ? std::string_view{} : text.substr(first);
    };
    for (const auto& [sign, op] : ops)
        if (text.starts_with(sign)) return {op, after(sign.size()), {}};
    for (const auto& [sign, right] : mistakes)
        if (text.starts_with(sign)) return {{}, {}, std::string{right}};
    return {Op::glob, text, {}};
}

bool is_order(Op op) {
    return op == Op::less || op == Op::at_most || op == Op::greater || op == Op::at_least;
}

class Terms {
 public:
    Terms(Rule& rule, const Catalogue& catalogue, Diagnostics& diagnostics)
        : rule_(rule), catalogue_(catalogue), diagnostics_(diagnostics) {}

    void compile() {
        for (const auto& [key, values] : rule_.settings.match.terms) {
            if (!known(key)) continue;
            Term term{key.text, {}};
            for (const auto& value : values) add(term, value);
            if (term.any.empty()) continue;
            if (key.text == "repeat") rule_.wants_repeat = true;
            if (key.text == "state") rule_.wants_ends = true;
            warn(key, term);
            rule_.match.push_back(std::move(term));
        }
    }

 private:
    void error(const Spelled& at, std::string what, std::string why, std::string remedy) {
        diagnostics_.error(at.at, std::move(what), "'" + escape(at.text) + "'", std::move(why),
                           std::move(remedy));
    }

    bool known(const Spelled& key) {
        if (is_data(key.text) || std::find(kKeys.begin(), kKeys.end(), key.text) != kKeys.end()) return true;
        auto remedy = meant(key.text, kKeys);
        if (remedy.empty()) remedy = "a field of the event's data is written data.NAME";
        error(key, "unknown match key", "", remedy);
        return false;
    }

    void add(Term& term, const Spelled& value) {
        const auto parts = split(value.text);
        if (!parts.op) return error(value, "bad comparison", "", "write '" + parts.mistake + "'");
        if (parts.rest.empty() && *parts.op != Op::glob)
            return error(value, "bad comparison", "it compares with nothing", "write a value after it");
        Term::Test test{*parts.op, std::string{parts.rest}, parse_amount(parts.rest)};
        if (const auto words = words_of(term.key); !words.empty()) {
            if (std::find(words.begin(), words.end(), test.text) == words.end()) {
                auto remedy = meant(test.text, words);
                if (remedy.empty()) remedy = any_of(words);
                return error(value, "no such " + term.key, "", remedy);
            }
            if (is_order(test.op) && term.key != "severity")
                return error(value, "bad comparison", term.key + " has no order", "write " + test.text);
            test.number.reset();
        } else if (is_order(test.op) && !is_data(term.key)) {
            return error(value, "bad comparison", term.key + " is a text and has no order",
                         "it can be like a glob, == or !=");
        } else if (is_order(test.op) && !test.number) {
            return error(value, "bad comparison", "'" + escape(test.text) + "' is no number",
                         "write it as in '>= 70' or '>= 2GiB'");
        }
        if (term.key == "type" && !type_exists(test)) {
            std::vector<std::string> names;
            for (const auto& family : catalogue_.families())
                for (const auto& type : family.types) names.push_back(type.name);
            auto remedy = meant(test.text, names);
            if (remedy.empty()) remedy = "dmevent_tool --list-events shows every type";
            return error(value, "unknown event type", "", remedy);
        }
        term.any.push_back(std::move(test));
    }

    bool type_exists(const Term::Test& test) const {
        for (const auto& family : catalogue_.families())
            for (const auto& type : family.types)
                if (glob_match(test.text, type.name)) return true;
        return false;
    }

    void warn(const Spelled& key, const Term& term) {
        const auto unequal = std::count_if(term.any.begin(), term.any.end(),
                                           [](const auto& test) { return test.op == Op::unequal; });
        if (unequal > 1)
            diagnostics_.warning(key.at, "always matches:", "'" + escape(key.text) + "'",
                                 "a list is any of, and whatever it is differs from one of them",
                                 "write one glob, as in '[!ab]*', or rules of their own");
        if (key.text == "severity" &&
            std::all_of(kSeverities.begin(), kSeverities.end(),
                        [&](const auto& name) { return differs(term, Value{name}).has_value(); }))
            diagnostics_.warning(key.at, "never matches:", "'severity'",
                                 "info is the lowest there is, and critical the highest");
        if (key.text == "type" && !type_selected(term))
            diagnostics_.warning(key.at, "never matches:", "'type'", "on: names none of them");
    }

    bool type_selected(const Term& term) const {
        for (const auto& family : catalogue_.families())
            for (const auto& type : family.types)
                if (rule_.on.wants_type(type.name) && !differs(term, Value{type.name})) return true;
        return false;
    }

    Rule& rule_;
    const Catalogue& catalogue_;
    Diagnostics& diagnostics_;
};

} // namespace

void compile_match(Rule& rule, const Catalogue& catalogue, Diagnostics& diagnostics) {
    Terms{rule, catalogue, diagnostics}.compile();
}

std::set<State> wanted_states(const Rule& rule) {
    std::set<State> out{State::raised, State::happened};
    if (rule.wants_ends) out.insert(State::cleared);
    for (const auto& term : rule.match)
        if (term.key == "state")
            std::erase_if(out,
                          [&](State state) { return differs(term, Value{std::string{state_name(state)}}); });
    return out;
}

} // namespace dmev
