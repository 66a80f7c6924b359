// SPDX-License-Identifier: Apache-2.0
// What is done to strings of the kernel before anyone sees them, and small matching.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace dmev {

bool is_utf8(std::string_view bytes);

// Every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string repair_utf8(std::string_view bytes);

// For terminals and logs: control bytes, DEL, C1 and invalid UTF-8 as \xNN, backslash doubled. One line
// always.
std::string escape(std::string_view bytes);

std::string hex(std::string_view bytes);

// libdevmapper's \xNN undone: `a\x20b` is `a b`. What is no such sequence stays.
std::string unmangle(std::string_view name);

// Shell-like: * any run, ? one byte, [abc] and [a-z] a set, [!abc] not in the set. Whole text must match.
bool glob_match(std::string_view pattern, std::string_view text);
bool is_glob(std::string_view text);

// The candidate nearest in spelling, or empty when none is near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string> candidates);

} // namespace dmev
