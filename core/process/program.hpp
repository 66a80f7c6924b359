// SPDX-License-Identifier: Apache-2.0
// A program to run, and what became of it.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dmev {

struct Program {
    std::vector<std::string> argv;                        // the first is an absolute path
    std::vector<std::pair<std::string, std::string>> env; // all of its environment
    std::string input;                                    // its standard input
    bool as_self = true;                                  // else with these rights:
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
    std::chrono::milliseconds timeout{30'000};
    std::chrono::milliseconds grace{5'000}; // between TERM and KILL
    bool interruptible = true;              // else it is never signalled, only reported as overdue
    bool by_hook = false; // a plugin planned it: an lvm that waits may run it, see process/lvm_script.hpp
    // Asked before it is started; the first that says yes decides.
    struct Guard {
        std::string who;                  // "dmeventd", "multipathd"
        std::string about;                // the device: a uuid for dmeventd, a name for multipathd
        std::vector<std::string> instead; // run then in place of argv; empty: it is refused
    };
    std::vector<Guard> guards;
    std::string note; // UTF-8, kept with the job for whoever finds it after a restart; not looked at
};

struct Ended {
    enum class How {
        exited,      // status is its exit status
        signalled,   // status is the signal
        not_started, // status is errno's error; why says which step failed
        refused,     // why says who manages the device, or who else could have written the program
        lost,        // its end was not seen: it cannot be killed, or who watched it is gone
    };
    How how = How::lost;
    bool stuck = false; // lost, and there still: Programs::Sink::released() tells when it is gone
    int status = 0;
    bool timed_out = false;
    std::chrono::milliseconds duration{0};
    std::string why;
    std::string managed_by;             // the guard whose own command was run instead
    std::string output;                 // the last bytes of standard output and error, as they came
    std::uint64_t output_bytes = 0;     // of all that it printed
    std::vector<std::string> suspended; // after an abnormal end: devices that are suspended (names)
};

} // namespace dmev
