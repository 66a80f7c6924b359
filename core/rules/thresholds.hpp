// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "config/diagnostics.hpp"
#include "config/settings.hpp"
#include "model/catalogue.hpp"

namespace dmev {

// Each must name a type that a plugin's gauge raises, and make sense together with what the plugin declares.
void check_thresholds(const std::vector<ThresholdSettings>& thresholds, const Catalogue& catalogue,
                      Diagnostics& diagnostics);

} // namespace dmev
