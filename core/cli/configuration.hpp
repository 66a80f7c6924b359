// SPDX-License-Identifier: Apache-2.0
// The configuration as the modes use it: read, resolved, and what of it tunes plugins and engine.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "config/load.hpp"
#include "engine/options.hpp"
#include "model/catalogue.hpp"
#include "plugin/plugin.hpp"
#include "rules/rulebook.hpp"
#include "service/filter.hpp"

namespace dmev {

struct Configuration {
    Settings settings;
    std::shared_ptr<const Rulebook> rules = std::make_shared<Rulebook>();
    std::vector<std::string> warnings; // one line each
};

// Which files OPTIONS mean.
ConfigPlace config_place(const Options& options);

// Every mistake is said as an error line; then the error, of kind bad_config, is the sum.
Result<Configuration> resolve(Settings&& settings, Diagnostics&& diagnostics, const Catalogue& catalogue);
// Reads the files and resolves; with --no-config the defaults.
Result<Configuration> configure(const Options& options, const Catalogue& catalogue);

// What is shown and acted upon: the command line's types, else the configuration's; none of either: nothing,
// unless --all. An unknown type is a usage error.
Result<Filter> make_filter(const Options& options, const Settings& settings, const Catalogue& catalogue);
// Nothing was said about what to monitor.
bool monitors_nothing(const Options& options, const Settings& settings);

EngineOptions engine_options(const Settings& settings);

// Gives every gauge the limits that SETTINGS or else its plugin's declaration in CATALOGUE say; the event
// types whose limits are others than before.
std::vector<std::string> tune(std::span<Plugin> plugins, const Settings& settings,
                              const Catalogue& catalogue);

// Both in effect: "rules[grow].cooldown: 0s -> 5m", one line for each difference.
std::vector<std::string> changes(const Settings& was, const Settings& is);

} // namespace dmev
