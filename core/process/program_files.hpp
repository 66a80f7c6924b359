// SPDX-License-Identifier: Apache-2.0
// The files that the kernel reads to run a program, found as the kernel finds them: link by link, by
// descriptor, so that what was looked at is what is there.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace dmev {

// Whose rights a program has.
struct Identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
};

// Where a path leads.
struct Trail {
    std::string path;    // without links
    Fd file;             // as a place alone (O_PATH)
    std::vector<Fd> way; // the directories and links that were passed, as places
};

// Follows PATH, which is absolute, to a regular file. With TRUSTED everything on the way, links and where
// they stand included, must belong to root or that user and be writable by nobody else; the error is then of
// kind not_permitted, and names what is wrong and the mend. One of kind failed: it cannot be followed.
Result<Trail> follow(const std::string& path, std::optional<uid_t> trusted);

// The program at PATH, who interprets it if it is a script, who interprets that, and the dynamic loader.
struct ProgramFiles {
    std::vector<Trail> files; // the program first
    std::string loader;       // empty: it needs no libraries
    std::string loaded;       // which of the files the loader loads
};
Result<ProgramFiles> program_files(const std::string& path, std::optional<uid_t> trusted);

// The user whom a program may belong to that runs as RUNS_AS: who has not root's rights becomes nobody else.
uid_t trusted_with(uid_t runs_as);

// Why WHO could not execute PROGRAM, going by modes alone; empty when it could.
std::string cannot_execute(const ProgramFiles& program, const Identity& who);

// What LOADER would load for the program at PATH, by paths; asked of it in a process of its own, which has
// ten seconds.
Result<std::vector<std::string>> libraries(const std::string& loader, const std::string& path);

} // namespace dmev
