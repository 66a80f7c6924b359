// SPDX-License-Identifier: Apache-2.0
// --check-config: what the daemon would read, by the daemon's own code.
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/configuration.hpp"
#include "cli/lvm_conf.hpp"
#include "cli/modes.hpp"
#include "cli/setup.hpp"
#include "config/print.hpp"

namespace dmev {

Result<int> check_mode(const Options& options) {
    const Vocabulary vocabulary{options};
    auto configuration = configure(options, vocabulary.catalogue);
    if (!configuration) return configuration.error();
    auto& warnings = configuration->warnings;
    for (auto& line : without_effect(*configuration->rules, vocabulary.catalogue))
        warnings.push_back(escape(line));
    for (const auto& warning : warnings) log::warning("{}", warning);
    const auto& settings = configuration->settings;
    if (settings.files.empty() && !options.json)
        log::info("there is no configuration in {}: these are the defaults", config_directory().native());
    Stdout out;
    out.write(options.json ? settings_json(settings) + "\n" : settings_yaml(settings));
    if (auto r = out.result(); !r) return r.error();
    return 0;
}

} // namespace dmev
