// SPDX-License-Identifier: Apache-2.0
// One program from its fork to its end, and to the end of what it leaves behind.
#pragma once
#include <sys/resource.h>

#include <chrono>
#include <functional>
#include <optional>

#include "process/capture.hpp"
#include "process/messages.hpp"
#include "process/stand_in.hpp"
#include "process/standing_by.hpp"

namespace dmev {

// For a process that does nothing else: all its children are the program's, it must be their subreaper, and
// it blocks SIGCHLD for itself.
class Run {
 public:
    using Tell = std::function<void(const Report&)>; // Started, Overdue

    Run(const rlimit& core, Tell tell);
    // Forks who will stand in for the program, before it is known. What fails is tried again by go().
    void prepare();
    // Starts the lvm of ORDER, which waits, and is used if it is there in time: until SOCKET has something to
    // say, or as long as our parent lives.
    void stand_by(int order, const Program& program, int socket);
    // ORDER and INPUT, descriptors that stay ours: the stand-in reads them while we do.
    void learn(int order, int input);
    // Runs the order's PROGRAM, or what guard number GUARD has instead. Returns when it has ended, or cannot
    // be ended: then its Ended is lost, and it is hung().
    Ended go(const Program& program, std::optional<std::uint32_t> guard);
    bool hung() const { return hung_; }
    void wait_for_hung();

 private:
    using Clock = std::chrono::steady_clock;
    void wait(Clock::time_point until);
    void take_signals();
    void reap();
    void take_report();
    void pass_deadline();
    void drain();
    std::string end_leftovers();
    bool wait_until_alone(Clock::time_point until);
    void signal_group(int number) const;
    std::variant<Child, Failure> start(std::optional<std::uint32_t> guard);
    std::optional<Child> start_unless_waited_for(std::optional<std::uint32_t> guard);
    void tell_of(pid_t pid);
    void begin(Child&& child);
    void hand_over();
    Ended conclude();

    rlimit core_;
    Tell tell_;
    std::optional<StandIn> stand_in_;
    int order_ = -1, input_ = -1;
    Program program_;
    std::optional<StandingBy> standing_by_;
    Program waiting_; // what stands by

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
