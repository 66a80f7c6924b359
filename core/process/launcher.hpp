// SPDX-License-Identifier: Apache-2.0
// The launcher is a small process forked before anything else, or a service of its own: it forks what may
// hang or must stay small, so that the dispatcher itself never does. A forked one ends when the dispatcher
// does, whatever its children do.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace dmev {

class Launcher {
 public:
    // A child's whole life: serves SOCKET until the other end closes. Runs in a process that holds SOCKET and
    // standard error and nothing else; its return value is the exit status.
    using Body = int (*)(int socket);

    // Asked in a shepherd, which may wait for it: does WHO manage what ABOUT names?
    using Guard = bool (*)(const std::string& who, const std::string& about);
    struct Bodies {
        Body reader;
        Guard guard;          // none: a program that has guards is refused
        bool stays = false;   // it runs long: in memory, whatever becomes of the disk
        Body store = nullptr; // writes what happened
    };

    // Forks the launcher, which forks READER bodies and shepherds on demand. REQUIRES: single-threaded, no
    // descriptor open that a child must not see (pidfiles and their locks among them).
    static Result<Launcher> start(Bodies bodies);
    static Result<Launcher> start(Body reader) { return start(Bodies{reader, nullptr}); }

    // The launcher service that listens at PATH, of root or of our own user; it gives no readers. Who cannot
    // be reached now is tried again whenever something is asked of it.
    static Launcher at(std::string path);
    Result<> connect(); // REQUIRES: it came from at()

    struct Child {
        pid_t pid = 0;
        Fd socket; // non-blocking on our side
    };
    using Reader = Child;
    // Of errors of these, `unavailable` means that the launcher which was forked here is gone, for good.
    // Asks for one more reader; the answer comes within the launcher's fork, which cannot hang.
    Result<Reader> new_reader(); // its socket is a stream
    // The same for a shepherd, whose socket keeps packets apart. It does nothing until it is told, and ends
    // when its socket closes before. Fails at once for a second after an answer that did not come: a launcher
    // that hangs holds us up once, and not once for each program that waits.
    Result<Child> new_shepherd();
    // One that is told first what to keep ready for its order.
    Result<Child> new_waiting_shepherd();
    // The same for a process that keeps programs ready.
    Result<Child> new_keeper();
    // The same for a STORE body, whose socket is a stream.
    Result<Child> new_store();
    // To be watched for its hang-up alone: then the launcher is gone. Of a service that may be another one
    // soon.
    int socket() const { return socket_.get(); }

 private:
    Launcher() = default;
    Result<Child> ask_unless_hung(std::uint32_t kind, const char* failure);
    Result<Child> ask(std::uint32_t kind, const char* failure);
    Result<Child> exchange(std::uint32_t kind, const char* failure, bool& gone);
    Fd socket_;
    std::string path_; // of a service
    std::uint32_t last_request_ = 0;
    std::chrono::steady_clock::time_point ask_again_{}; // when a shepherd may be asked for
};

} // namespace dmev
