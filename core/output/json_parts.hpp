// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "model/decision.hpp"
#include "model/event_json.hpp"

namespace dmev {

std::string decision_json(const Decision& decision);

} // namespace dmev
