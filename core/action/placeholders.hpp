// SPDX-License-Identifier: Apache-2.0
// {device}, {message}, {data.data_percent}: replaced within one argument, byte for byte, and never looked at
// again. {{ and }} are braces.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rules/decider.hpp"

namespace dmev {

// The names that a text may use: id time type family severity state message device uuid path major minor vg
// lv target part rule action attempt coalesced reminder, and data.NAME.
Result<> check_placeholders(std::string_view text);

// A value with a NUL cannot be an argument; an empty optional field is an empty text. The error says which.
Result<std::string> expand(std::string_view text, const Firing& firing, std::string_view action,
                           const std::function<std::string(std::string_view)>& escape_value = {});

// DMEVENT_TYPE, DMEVENT_DEVICE, ...: the environment of every program.
std::vector<std::pair<std::string, std::string>> environment(const Firing& firing, std::string_view action);

} // namespace dmev
