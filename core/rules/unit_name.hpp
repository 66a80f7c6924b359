// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "base/result.hpp"

namespace dmev {

// The unit of "start UNIT@{device}": its placeholders, its characters, its kind. What does not have this form
// the reader refused already, and it is not refused twice.
Result<> check_start_unit(std::string_view text);

} // namespace dmev
