// SPDX-License-Identifier: Apache-2.0
// From fork to exec: the process that becomes the program.
#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string_view>
#include <variant>

#include "base/fd.hpp"
#include "process/program.hpp"

namespace dmev {

struct Child {
    pid_t pid = 0;
    Fd output; // what it prints
    Fd report; // its Failure, or the end of file when the exec has succeeded; neither while an exec hangs
};

// What kept the program from being executed.
struct Failure {
    enum class Step { process, session, streams, directory, groups, group, user, execute, trust };
    Step step;
    int error;
    char text[1000] = {}; // of trust: what is wrong and the mend
};
std::string_view text(Failure::Step step); // "set its groups"

// Forks PROGRAM, if nobody but root and whose rights it gets could have written it, in a session of its own,
// with INPUT as its standard input and nothing else of ours: not a descriptor, signal mask or disposition,
// scheduling policy, nice value, I/O priority, oom score, umask, directory or group. CORE is its limit for
// core files, 1024 its soft one for open files; other limits are those that we were started with. One that is
// not interruptible ignores SIGPIPE.
std::variant<Child, Failure> start_child(const Program& program, int input, const rlimit& core);

// What came through Child::report; nothing at its end.
std::optional<Failure> read_failure(int report);

} // namespace dmev
