// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rules/decider.hpp"

namespace dmev {

// As systemd-escape writes it: "/" is "-", and what a unit's name cannot hold is \xNN.
std::string systemd_escape(std::string_view text);

// The unit that a systemd action names ("start page@{device}"). What values bring along never decides of what
// kind the unit is: without a suffix in the text itself it is a .service.
Result<std::string> unit_name(std::string_view text, const Firing& firing, std::string_view action);

} // namespace dmev
