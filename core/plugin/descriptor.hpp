// SPDX-License-Identifier: Apache-2.0
// Reads a plugin's descriptor into a Family. Nothing in it is trusted beyond being readable memory.
#pragma once
#include <dmevent/plugin.h>

#include <string>

#include "base/result.hpp"
#include "model/catalogue.hpp"

namespace dmev {

// ABI number and size are looked at before anything else. The error names the member that is wrong.
Result<Family> read_descriptor(const dmevent_plugin& descriptor, const std::string& file);

} // namespace dmev
