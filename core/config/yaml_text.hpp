// SPDX-License-Identifier: Apache-2.0
// What the bytes of a configuration file must be before a YAML parser sees them, since it would not tell.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "config/diagnostics.hpp"

namespace dmev {

// Of no more than 1 MiB, in UTF-8 without a byte order mark, and without control characters. Says the first
// thing that is not so.
bool check_text(std::string_view text, const std::string& file, Diagnostics& diagnostics);

Place place_of(std::string_view text, std::size_t offset, const std::string& file);

// The line of that number, from 1; empty when there is none.
std::string_view line_of(std::string_view text, int number);

// Whether the quoted string that begins at START ends before TEXT does. True of what is no quoted string.
bool is_terminated(std::string_view text, std::size_t start);

} // namespace dmev
