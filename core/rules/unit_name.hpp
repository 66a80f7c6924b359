// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "base/result.hpp"

namespace dmev {

// "start UNIT", where placeholders may stand in the instance, behind the @, and nowhere else.
Result<> check_start_unit(std::string_view text);

} // namespace dmev
