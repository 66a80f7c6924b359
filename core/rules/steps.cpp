// SPDX-License-Identifier: Apache-2.0
#include "rules/steps.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "rules/arguments.hpp"
#include "rules/placeholders.hpp"
#include "rules/unit_name.hpp"

namespace dmev {
namespace {

void check_text(const Spelled& text, Diagnostics& diagnostics) {
    const auto checked = check_placeholders(text.text);
    if (checked) return;
    const auto& e = checked.error();
    diagnostics.error(text.at, e.what, e.object, e.why, e.remedy);
}

void check_program(const Spelled& program, Diagnostics& diagnostics) {
    if (program.text.find_first_of("{}") != std::string::npos)
        diagnostics.error(program.at, "placeholder in the program's path", "'" + escape(program.text) + "'",
                          "what is run must not depend on a device's name", "use it in an argument");
}

void check_unit(const Spelled& text, Diagnostics& diagnostics) {
    const auto checked = check_start_unit(text.text);
    if (checked) return;
    const auto& e = checked.error();
    diagnostics.error(text.at, e.what, e.object, e.why, e.remedy);
}

const char* kind_of(const ActionSettings& action) {
    return !action.exec.empty() ? "exec" : action.log ? "log" : "systemd";
}

class Steps {
 public:
    Steps(const Settings& settings, const Catalogue& catalogue, Diagnostics& diagnostics)
        : settings_(settings), catalogue_(catalogue), diagnostics_(diagnostics) {}

    std::optional<Step> compile(const StepSettings& written) {
        Step step;
        if (written.in_place) {
            step.name = kind_of(*written.in_place);
            step.action = *written.in_place;
            check_action(step.action, diagnostics_);
            return step;
        }
        step.name = written.name.text;
        if (const auto* hook = catalogue_.hook(step.name)) {
            step.hook = hook->name;
            read_arguments(written, *hook, step, diagnostics_);
            return step;
        }
        const auto named = std::find_if(settings_.actions.begin(), settings_.actions.end(),
                                        [&](const auto& action) { return action.name.text == step.name; });
        if (named == settings_.actions.end()) {
            unknown(written.name);
            return std::nullopt;
        }
        if (!written.arguments.empty())
            diagnostics_.error(written.arguments.front().first.at, "parameter for an action",
                               "'" + escape(step.name) + "'", "only hooks take parameters",
                               "set it where the action is defined");
        step.action = *named;
        return step;
    }

 private:
    void unknown(const Spelled& name) {
        std::vector<std::string> known;
        for (const auto& family : catalogue_.families())
            for (const auto& hook : family.hooks) known.push_back(hook.name);
        const bool hooks = !known.empty();
        for (const auto& action : settings_.actions) known.push_back(action.name.text);
        std::string remedy;
        if (const auto guess = nearest(name.text, known); !guess.empty())
            remedy = "did you mean '" + std::string{guess} + "'?";
        else if (name.text.find('.') == std::string::npos)
            remedy = "define it under actions:";
        else if (!hooks)
            remedy = "no plugin that was loaded has hooks";
        else
            remedy = "dmevent_tool --list-events shows every hook";
        diagnostics_.error(name.at, "unknown action or hook", "'" + escape(name.text) + "'", "", remedy);
    }

    const Settings& settings_;
    const Catalogue& catalogue_;
    Diagnostics& diagnostics_;
};

} // namespace

void check_action(const ActionSettings& action, Diagnostics& diagnostics) {
    for (std::size_t i = 0; i < action.exec.size(); ++i)
        i == 0 ? check_program(action.exec[0], diagnostics) : check_text(action.exec[i], diagnostics);
    if (action.log) check_text(action.log->message, diagnostics);
    if (action.systemd) check_unit(*action.systemd, diagnostics);
    for (const auto& [name, value] : action.env) check_text(value, diagnostics);
}

std::vector<Step> compile_steps(const RuleSettings& rule, const Settings& settings,
                                const Catalogue& catalogue, Diagnostics& diagnostics) {
    std::vector<Step> out;
    Steps steps{settings, catalogue, diagnostics};
    for (const auto& written : rule.steps)
        if (auto step = steps.compile(written)) out.push_back(std::move(*step));
    return out;
}

} // namespace dmev
