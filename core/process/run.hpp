// SPDX-License-Identifier: Apache-2.0
// One program from its fork to its end, and to the end of what it leaves behind.
#pragma once
#include <sys/resource.h>

#include <chrono>
#include <functional>
#include <optional>

#include "process/capture.hpp"
#include "process/child.hpp"
#include "process/messages.hpp"

namespace dmev {

// For a process that does nothing else: all its children are the program's, it must be their subreaper, and
// it blocks SIGCHLD for itself.
class Run {
 public:
    using Tell = std::function<void(const Report&)>; // Started, Overdue

    Run(const Program& program, int input, const rlimit& core, Tell tell);
    // Returns when the program has ended, or cannot be ended: then its Ended is lost, and it is hung().
    Ended go();
    bool hung() const { return hung_; }
    void wait_for_hung();

 private:
    using Clock = std::chrono::steady_clock;
    void wait(Clock::time_point until);
    void reap();
    void take_report();
    void pass_deadline();
    void drain();
    std::string end_leftovers();
    bool wait_until_alone(Clock::time_point until);
    void signal_group(int number) const;
    Ended conclude();

    const Program& program_;
    int input_;
    rlimit core_;
    Tell tell_;

    Fd signals_;
    pid_t pid_ = 0;
    std::optional<Capture> output_;
    Fd report_;
    std::optional<Failure> failure_;
    std::optional<int> status_; // as wait() gives it
    bool alone_ = false;        // no child is left
    Clock::time_point begin_;

    enum class Patience { whole, terminated, killed, endless };
    Patience patience_ = Patience::whole;
    Clock::time_point deadline_;
    bool timed_out_ = false;
    bool hung_ = false;
};

} // namespace dmev
