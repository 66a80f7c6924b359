// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/programs.hpp"

namespace dmev {

ConfigPlace config_place(const Options& options) {
    ConfigPlace place;
    place.file = options.config;
    return place;
}

Result<Configuration> resolve(Settings&& settings, Diagnostics&& diagnostics, const Catalogue& catalogue) {
    Configuration out;
    out.settings = std::move(settings);
    out.rules = std::make_shared<Rulebook>(compile(out.settings, catalogue, diagnostics));
    diagnostics.sort();
    // Of files and their paths, nothing of which is escaped yet.
    for (const auto& warning : diagnostics.warnings) out.warnings.push_back(escape(warning.text()));
    if (diagnostics.ok()) return out;
    for (const auto& error : diagnostics.errors) log::error("{}", escape(error.text()));
    const auto n = diagnostics.errors.size();
    return Error{ErrorKind::bad_config,
                 fmt::format("the configuration has {} mistake{}", n, n == 1 ? "" : "s"), "", "",
                 "dmevent_tool.yaml(5) describes every key"};
}

Result<Configuration> configure(const Options& options, const Catalogue& catalogue) {
    Diagnostics diagnostics;
    Settings settings;
    if (!options.no_config) settings = load_settings(config_place(options), diagnostics);
    // The command line goes first; what rules are held against is what is in effect.
    if (options.mode == Mode::monitor && (options.all || !options.types.empty()) &&
        !settings.monitor.empty()) {
        diagnostics.warning(settings.monitor.front().at, "monitor:", "has no effect",
                            "the command line names what is monitored",
                            "leave out --all and EVENT_TYPEs there");
        settings.monitor.clear();
    }
    // Elsewhere nothing is run, maybe of another machine's configuration.
    if (options.mode == Mode::monitor || options.mode == Mode::check_config)
        check_programs(settings, diagnostics);
    return resolve(std::move(settings), std::move(diagnostics), catalogue);
}

bool monitors_nothing(const Options& options, const Settings& settings) {
    return !options.all && options.types.empty() && settings.monitor.empty();
}

Result<Filter> make_filter(const Options& options, const Settings& settings, const Catalogue& catalogue) {
    Filter filter;
    for (const auto& uuid : options.ignore) filter.ignore.push_back({uuid, std::nullopt});
    for (const auto& ignored : settings.ignore) {
        const auto text = [](const auto& word) {
            return word ? std::optional{word->text} : std::optional<std::string>{};
        };
        filter.ignore.push_back({text(ignored.uuid), text(ignored.name)});
    }
    auto words = options.types;
    if (words.empty())
        for (const auto& word : settings.monitor) words.push_back(word.text);
    // Also with --all, so that a mistyped word is not taken in silence.
    auto selection = Selection::parse(words, catalogue);
    if (!selection) return selection.error();
    if (!options.all && !words.empty()) filter.selection = std::move(*selection);
    return filter;
}

EngineOptions engine_options(const Settings& settings) {
    EngineOptions options;
    options.poll_interval = settings.poll.interval;
    options.poll_fastest = settings.poll.fastest;
    return options;
}

std::vector<std::string> tune(std::span<Plugin> plugins, const Settings& settings,
                              const Catalogue& catalogue) {
    constexpr double usual_hysteresis = 5;
    std::vector<std::string> changed;
    for (auto& plugin : plugins) {
        const auto* declared = catalogue.family(plugin.family().name);
        for (std::size_t i = 0; declared && i < declared->gauges.size(); ++i) {
            auto wanted = declared->gauges[i];
            const auto it =
                std::find_if(settings.thresholds.begin(), settings.thresholds.end(), [&](const auto& t) {
                    const auto* type = catalogue.find(t.type.text);
                    return type && type->name == wanted.raises;
                });
            if (it != settings.thresholds.end()) {
                // A limit that is moved takes its hysteresis along.
                const double hysteresis = wanted.at > 0 ? wanted.at - wanted.clear : usual_hysteresis;
                wanted.at = it->at.value_or(wanted.at);
                wanted.step = it->step.value_or(wanted.step);
                wanted.clear = it->clear.value_or(std::max(0.0, wanted.at - hysteresis));
            }
            const auto& now = plugin.family().gauges[i];
            if (std::tie(now.at, now.step, now.clear) == std::tie(wanted.at, wanted.step, wanted.clear))
                continue;
            changed.push_back(wanted.raises);
            plugin.tune(wanted.raises, wanted.at, wanted.step, wanted.clear);
        }
    }
    return changed;
}

} // namespace dmev
