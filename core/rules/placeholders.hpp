// SPDX-License-Identifier: Apache-2.0
// The names that an action's text may use in braces: {device}, {data.data_percent}; {{ and }} are braces.
// What they are replaced by is the actions' business.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace dmev {

// Every name but data.NAME, which are as many as events have fields.
const std::vector<std::string>& placeholder_names();
bool is_placeholder(std::string_view name);

// An unknown name, with the nearest right one, or a brace that is not closed or not opened.
Result<> check_placeholders(std::string_view text);

} // namespace dmev
