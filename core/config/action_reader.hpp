// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "config/reader.hpp"

namespace dmev {

// The action that NODE is, named or in place; NAME is what it is called in errors.
ActionSettings read_action(Reader& reader, const Node& node, std::string_view name);

} // namespace dmev
