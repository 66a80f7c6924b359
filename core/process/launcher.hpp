// SPDX-License-Identifier: Apache-2.0
// The launcher is a small process forked before anything else: it forks what may hang or must stay small,
// so that the dispatcher itself never does. It ends when the dispatcher does, whatever its children do.
#pragma once
#include <sys/types.h>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace dmev {

class Launcher {
 public:
    // A child's whole life: serves SOCKET until the other end closes. Runs in a process that holds SOCKET and
    // standard error and nothing else; its return value is the exit status.
    using Body = int (*)(int socket);

    // Forks the launcher, which forks READER bodies on demand. REQUIRES: single-threaded, no descriptor open
    // that a child must not see (pidfiles and their locks among them).
    static Result<Launcher> start(Body reader);

    struct Reader {
        pid_t pid = 0;
        Fd socket; // stream, non-blocking on our side
    };
    // Asks for one more reader; the answer comes within the launcher's fork, which cannot hang.
    Result<Reader> new_reader();

 private:
    Launcher() = default;
    Fd socket_;
};

} // namespace dmev
