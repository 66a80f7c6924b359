// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "model/event.hpp"

namespace dmev {

// The template with {device}, {key} and {FIELD} filled in; a field that is not there reads "?".
std::string format_message(std::string_view pattern, std::string_view device, std::string_view key,
                           const Fields& fields);

} // namespace dmev
