// SPDX-License-Identifier: Apache-2.0
// The configuration's rules, resolved against what the plugins registered. Immutable.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/settings.hpp"
#include "model/catalogue.hpp"

namespace dmev {

// What a step does. ACTION has exec, log or systemd; a hook has its full name and typed arguments.
struct Step {
    std::string name; // "thin.extend", "page", or "exec" where it was written in place
    std::string hook; // empty: action
    Fields arguments; // of the hook, as its parameters are declared; required ones are there
    bool even_if_managed = false;
    std::optional<Millis> timeout;
    ActionSettings action;
};

// One term of match:. A list of alternatives is any of.
struct Term {
    std::string key; // device, uuid, vg, lv, type, target, part, severity, state, source, initial, repeat,
                     // inferred, data.*
    struct Test {
        enum class Op { glob, equal, unequal, less, at_most, greater, at_least };
        Op op = Op::glob;
        std::string text;             // as written, without the operator
        std::optional<double> number; // of text, with k, M, G, T, KiB.. TiB if it has one
    };
    std::vector<Test> any;
};

struct Rule {
    RuleSettings settings; // name, hold, cooldown, remind, max_runs, retry, enabled, dry_run
    Selection on;          // which types
    std::vector<Term> match;
    std::vector<Step> steps;
    bool wants_repeat = false; // match: names repeat
    bool wants_ends = false;   // match: names state
};

struct Rulebook {
    std::vector<Rule> rules;
    std::map<std::string, std::string> ends; // of a condition whose end is another type: that type
};

// Every unknown event, hook, action, parameter or match key is an error, with its place and the nearest right
// word. Warns of rules that can never fire (an event that is not monitored, no such field).
Rulebook compile(const Settings& settings, const Catalogue& catalogue, Diagnostics& diagnostics);

} // namespace dmev
