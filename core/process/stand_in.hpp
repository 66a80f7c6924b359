// SPDX-License-Identifier: Apache-2.0
// From fork to exec: the process that becomes the program. It is forked before it is known which one, since a
// fork takes longer than all the rest of a start.
#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/fd.hpp"
#include "process/program.hpp"

namespace dmev {

struct Child {
    pid_t pid = 0;
    Fd output; // what it prints
    Fd report; // its Testimony, and the end of file when the exec has succeeded; neither while an exec
               // hangs
};

// What kept the program from being executed.
struct Failure {
    enum class Step { process, session, streams, directory, groups, group, user, execute, trust };
    Step step;
    int error;
    char text[1000] = {}; // of trust: what is wrong and the mend
};
std::string_view text(Failure::Step step); // "set its groups"

// A process that was started before and waits to be told what to do, and the files that it was started from.
struct WaitingLvm {
    pid_t pid = 0;
    std::string stamp;
};

// What a stand-in says of itself.
struct Testimony {
    enum class What {
        failed, // and is gone
        stamp,  // of the files that it is about to execute
        leaves, // all is well, and is left to who waits: it is gone
    };
    What what;
    Failure failure;
    char stamp[1000] = {};
};

// Forked in a session of its own with nothing of ours: not a descriptor, signal mask or disposition,
// scheduling policy, nice value, I/O priority, oom score, umask, directory or group. Its limit for core files
// is what fork() is given, 1024 its soft one for open files; other limits are those that we were started
// with. It ends with us until it is the program.
class StandIn {
 public:
    static std::variant<StandIn, Failure> fork(const rlimit& core);

    // What it will be told to run, which it reads at once: an encoded Order, and what becomes standard input.
    void learn(int order, int input) const;
    // It becomes the order's program, or what guard number GUARD has instead, if nobody but root and whose
    // rights it gets could have written it. One that is not interruptible ignores SIGPIPE. None: it is gone.
    std::optional<Child> go(std::optional<std::uint32_t> guard) &&;
    // The same, unless WAITING was started from the very files that it would execute, which it asks them
    // alone.
    std::optional<Child> go_unless(const WaitingLvm& waiting) &&;
    // As go(), but it says their stamp before.
    std::optional<Child> go_to_wait() &&;

 private:
    StandIn(pid_t pid, Fd socket, Fd output, Fd report)
        : child_{pid, std::move(output), std::move(report)}, socket_(std::move(socket)) {}
    struct Word;
    static Program await_order();
    static Word await_word();
    [[noreturn]] static void stand_in(int output, int report, int socket, const rlimit& core);
    std::optional<Child> go(const Word& word) &&;
    Child child_;
    Fd socket_; // to it
};

// What came through Child::report; nothing at its end.
std::optional<Testimony> read_testimony(int report);

// Does what an order asks for, to no effect. A page that a process still shares with who forked it takes long
// to write to: this is done while nothing is in a hurry, and so until something comes by SOCKET.
void rehearse_until(int socket);

} // namespace dmev
