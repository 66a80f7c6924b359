// SPDX-License-Identifier: Apache-2.0
// {device}, {message}, {data.data_percent}: replaced within one argument, byte for byte, and never looked at
// again. {{ and }} are braces. The names are those that rules/placeholders.hpp checks.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "rules/decider.hpp"

namespace dmev {

// A value with a NUL, or too long for one argument, is an error that says which; a field that the event does
// not have is an empty text, a list is joined by ", ". ACTION is the step's name. ESCAPE_VALUE is applied to
// each value, not to the text around it.
Result<std::string> expand(std::string_view text, const Firing& firing, std::string_view action,
                           const std::function<std::string(std::string_view)>& escape_value = {});

using Environment = std::vector<std::pair<std::string, std::string>>;

// PATH, LANG, HOME, and DMEVENT_TYPE, DMEVENT_DEVICE, ...: the environment of every program. A value that no
// program could be started with is left out and named in DMEVENT_OMITTED: the event on standard input has it.
Environment environment(const Firing& firing, std::string_view action);
// What of it is the same for every event. All else is named DMEVENT_...
Environment lasting_environment();

// Adds NAME, or replaces what it was.
void set_variable(Environment& env, std::string_view name, std::string value);

} // namespace dmev
