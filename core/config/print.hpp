// SPDX-License-Identifier: Apache-2.0
// What the tables of settings.hpp know, in four forms.
#pragma once
#include <string>

#include "config/settings.hpp"

namespace dmev {

// The effective configuration, defaults included: YAML that reads back as the same, and JSON, one line.
std::string settings_yaml(const Settings& settings);
std::string settings_json(const Settings& settings);

// JSON Schema (draft 2020-12) for editors, and the tables of keys of the manual page (scdoc).
std::string settings_schema();
std::string settings_manual();

} // namespace dmev
