// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "config/diagnostics.hpp"
#include "model/catalogue.hpp"
#include "rules/rulebook.hpp"

namespace dmev {

// A hook's parameters as its plugin declared them, and those that every hook has: even_if_managed, timeout.
void read_arguments(const StepSettings& written, const HookType& hook, Step& step, Diagnostics& diagnostics);

} // namespace dmev
