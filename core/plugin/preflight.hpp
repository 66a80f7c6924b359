// SPDX-License-Identifier: Apache-2.0
// What a plugin's file must be before it is mapped: whole, for this machine, and under nobody's control but
// root's and our own user's.
#pragma once
#include <sys/types.h>

#include <filesystem>

#include "base/result.hpp"

namespace dmev {

// Checks the file and each directory above it, from the root on, by descriptor, following no link below the
// canonical directory. On success gives the path without links, which is the one to load.
//
// Each of them must belong to root or to USER, who runs this program, and be writable by nobody else. One
// exception: a directory further up may be writable by all if it is sticky (/tmp), because what is root's or
// USER's in it cannot be replaced by others. The directory that holds the file may not: others could add to
// it.
Result<std::filesystem::path> preflight(const std::filesystem::path& file, uid_t user);

} // namespace dmev
