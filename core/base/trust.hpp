// SPDX-License-Identifier: Apache-2.0
// Whether a file can be changed by nobody but root and our own user: neither itself nor what leads to it.
#pragma once
#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace dmev {

// Why what STAT describes could be changed by somebody else than root and USER; empty when it could not.
// STICKY: a directory may be writable by all if what is in it can be replaced by its owner alone (/tmp).
std::string stranger(const struct stat& stat, uid_t user, bool sticky);

// DIRECTORY, which is canonical, open, after each one on the way to it was looked at by descriptor; no link
// is followed. STICKY: whether DIRECTORY itself may be like /tmp; those above it may. The error's object is
// the directory that is not right.
Result<Fd> open_trusted(const std::filesystem::path& directory, uid_t user, bool sticky);

// What is to be done about PATH.
std::string trust_remedy(const std::filesystem::path& path);

} // namespace dmev
