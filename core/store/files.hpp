// SPDX-License-Identifier: Apache-2.0
// The files of a database, in a directory that nobody else can change.
#pragma once
#include <string>

#include "base/result.hpp"

namespace dmev {

// FILE as the library is to open it: its directory without links, looked at on the way from the root, and
// FILE itself there, ours alone and 0600 if it was made here. MAKE_DIRECTORY: the last directory only, so
// that none is made where a file system is still to be mounted. Refused: links, anything but a regular file,
// and what somebody else could have written.
Result<std::string> make_private_file(const std::string& file, bool make_directory);

// Whether FILE begins as a database does, or was overwritten by zeros where it did. REQUIRES: this process
// has it not open, whose locks would be lost.
bool looks_like_database(const std::string& file);

// FILE and what belongs to it get the name TO.
Result<> rename_database(const std::string& file, const std::string& to);
void remove_database(const std::string& file);
// NEXT, which is one file alone, gets the name FILE, and what was there the name ASIDE, as far as it is still
// there. A moment without a FILE there is not.
Result<> replace_database(const std::string& file, const std::string& next, const std::string& aside);

} // namespace dmev
