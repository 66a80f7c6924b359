// SPDX-License-Identifier: Apache-2.0
#include "rules/rulebook.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <tuple>

#include "base/text.hpp"
#include "rules/quantity.hpp"
#include "rules/steps.hpp"
#include "rules/terms.hpp"
#include "rules/thresholds.hpp"

namespace dmev {
namespace {

using Types = std::vector<const EventType*>;

// The types that one WORD of on: or monitor: selects.
Types types_of(const Selection& selection, const Catalogue& catalogue) {
    Types out;
    for (const auto& family : catalogue.families())
        for (const auto& type : family.types)
            if (selection.wants_type(type.name)) out.push_back(&type);
    return out;
}

// The first few, by name.
std::string names(const Types& types) {
    constexpr std::size_t few = 3;
    std::string out;
    for (std::size_t i = 0; i < std::min(types.size(), few); ++i) out += (i ? ", " : "") + types[i]->name;
    return types.size() > few ? out + " and " + std::to_string(types.size() - few) + " more" : out;
}

// Can an event of TYPE be in one of STATES?
bool can_be(const EventType& type, const std::set<State>& states) {
    if (type.kind == Kind::happening) return states.contains(State::happened);
    return states.contains(State::raised) || (type.ends_as.empty() && states.contains(State::cleared));
}

struct Word {
    Spelled word;
    Types types;
};

class Compiler {
 public:
    Compiler(const Settings& settings, const Catalogue& catalogue, Diagnostics& diagnostics)
        : settings_(settings), catalogue_(catalogue), diagnostics_(diagnostics) {}

    Rulebook compile() {
        monitored_ = select(settings_.monitor).first;
        check_thresholds(settings_.thresholds, catalogue_, diagnostics_);
        for (const auto& action : settings_.actions) check_action(action, diagnostics_);
        Rulebook book;
        for (const auto& family : catalogue_.families())
            for (const auto& type : family.types)
                if (!type.ends_as.empty()) book.ends[type.name] = type.ends_as;
        for (const auto& rule : settings_.rules) book.rules.push_back(compile(rule));
        return book;
    }

 private:
    Rule compile(const RuleSettings& settings) {
        Rule rule;
        rule.settings = settings;
        std::vector<Word> words;
        std::tie(rule.on, words) = select(settings.on);
        compile_match(rule, catalogue_, diagnostics_);
        // Actions under actions: are checked once, there.
        rule.steps = compile_steps(settings, settings_, catalogue_, diagnostics_);
        check_families(rule, words);
        check_states(rule, words);
        for (const auto& [word, types] : words)
            if (!settings_.monitor.empty() && std::none_of(types.begin(), types.end(), [&](const auto* type) {
                    return monitored_.wants_type(type->name) || type->family() == "action";
                }))
                diagnostics_.warning(word.at, "never fires for", "'" + escape(word.text) + "'",
                                     "monitor: does not name it", "add it there");
        return rule;
    }

    // Each word by itself, so that each mistake has its place.
    std::pair<Selection, std::vector<Word>> select(const std::vector<Spelled>& words) {
        std::vector<std::string> known;
        std::vector<Word> out;
        for (const auto& word : words) {
            const auto one = Selection::parse(std::span{&word.text, 1}, catalogue_);
            if (one) {
                known.push_back(word.text);
                out.push_back({word, types_of(*one, catalogue_)});
            } else {
                diagnostics_.error(word.at, one.error().what, one.error().object, one.error().why,
                                   one.error().remedy);
            }
        }
        // Cannot fail: each word was taken.
        auto all = Selection::parse(known, catalogue_);
        return {all ? *std::move(all) : Selection{}, std::move(out)};
    }

    // A hook acts on a target of its plugin's: what its rule is about must be the plugin's too.
    void check_families(const Rule& rule, const std::vector<Word>& words) {
        for (const auto& step : rule.steps) {
            if (step.hook.empty() || words.empty()) continue;
            const auto family = step.hook.substr(0, step.hook.find('.'));
            const auto foreign = [&](const Word& word) {
                return std::none_of(word.types.begin(), word.types.end(),
                                    [&](const auto* type) { return type->family() == family; });
            };
            const auto at = place_of(rule, step.name);
            if (std::all_of(words.begin(), words.end(), foreign)) {
                diagnostics_.error(at, "hook of another family", "'" + step.hook + "'",
                                   "the rule is about " + names(words.front().types),
                                   "name events of '" + family + "' under on:");
                continue;
            }
            for (const auto& word : words)
                if (foreign(word))
                    diagnostics_.warning(
                        word.word.at,
                        "never acted upon by '" + step.hook + "':", "'" + escape(word.word.text) + "'",
                        "a hook acts on events of its own family", "write a rule of its own for it");
        }
    }

    static Place place_of(const Rule& rule, const std::string& step) {
        for (const auto& written : rule.settings.steps)
            if (written.name.text == step) return written.name.at;
        return rule.settings.name.at;
    }

    // What happens once cannot hold; what ends as another type is never cleared.
    void check_states(const Rule& rule, const std::vector<Word>& words) {
        const auto states = wanted_states(rule);
        for (const auto& [word, types] : words) {
            Types happenings;
            std::copy_if(types.begin(), types.end(), std::back_inserter(happenings),
                         [](const auto* type) { return type->kind == Kind::happening; });
            if (rule.settings.hold > Millis{0} && !happenings.empty() && states.contains(State::happened))
                diagnostics_.error(
                    word.at, "for: with what only happens:", "'" + escape(word.text) + "'",
                    names(happenings) + (happenings.size() == 1 ? " is" : " are") +
                        " over at once and cannot hold for " + duration_text(rule.settings.hold),
                    happenings.size() == types.size() ? "name a condition"
                                                      : "name the conditions, or add match: {state: raised}");
            if (std::none_of(types.begin(), types.end(),
                             [&](const auto* type) { return can_be(*type, states); }))
                warn_of_state(word, *types.front());
        }
        const auto lasts = [&](const Word& word) {
            return std::any_of(word.types.begin(), word.types.end(),
                               [](const auto* type) { return type->kind == Kind::condition; });
        };
        if (rule.settings.remind.how != RemindSettings::How::once && !words.empty() &&
            (!states.contains(State::raised) || std::none_of(words.begin(), words.end(), lasts)))
            diagnostics_.warning(rule.settings.name.at,
                                 "never reminds:", "'" + escape(rule.settings.name.text) + "'",
                                 "none of its events is a condition that lasts");
    }

    void warn_of_state(const Spelled& word, const EventType& type) {
        const auto object = "'" + escape(word.text) + "'";
        if (type.kind == Kind::happening)
            diagnostics_.warning(word.at, "never matches:", object,
                                 type.name + " is always in state happened");
        else if (!type.ends_as.empty())
            diagnostics_.warning(word.at, "never matches:", object,
                                 type.name + " is never cleared, it ends as " + type.ends_as,
                                 "name " + type.ends_as + " under on:");
        else
            diagnostics_.warning(word.at, "never matches:", object,
                                 type.name + " is raised or cleared, and never happened");
    }

    const Settings& settings_;
    const Catalogue& catalogue_;
    Diagnostics& diagnostics_;
    Selection monitored_;
};

} // namespace

Rulebook compile(const Settings& settings, const Catalogue& catalogue, Diagnostics& diagnostics) {
    return Compiler{settings, catalogue, diagnostics}.compile();
}

} // namespace dmev
