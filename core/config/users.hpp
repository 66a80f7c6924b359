// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/result.hpp"
#include "config/settings.hpp"

namespace dmev {

// "USER" or "USER:GROUP" by the user database, with all groups that the user has. May block: the database
// may be elsewhere. The error says which of the two is unknown, and the nearest that /etc/passwd has.
Result<RunAs> resolve_user(const Spelled& who);

} // namespace dmev
