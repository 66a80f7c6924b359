// SPDX-License-Identifier: Apache-2.0
// A shepherd's lvm that was started before there is a command for it, and waits for one.
#pragma once
#include <poll.h>
#include <sys/resource.h>

#include <array>
#include <optional>
#include <string_view>

#include "process/stand_in.hpp"

namespace dmev {

// Until it is given its command it may be killed at any time, and ends when we do: its input is ours alone.
class StandingBy {
 public:
    // ORDER: a sealed file with the order for it. None: it cannot be had.
    static std::optional<StandingBy> start(int order, const rlimit& core);
    ~StandingBy() { drop(); }
    StandingBy(StandingBy&& other) noexcept;
    StandingBy& operator=(StandingBy&&) = delete;

    const WaitingLvm& who() const { return who_; } // its pid is 0: there is none any more
    // What is to be polled, and looked at with look() after it.
    std::array<pollfd, 3> watched() const;
    void look();
    // Whether it has done all that comes first, without a word, and waits. One that does not is dropped.
    bool ready();
    // It was reaped.
    void ended() { who_.pid = 0; }
    void drop(); // kills it, without waiting for that

    // Gives it LINE: from here on it is the program. None: it was dropped, and has not seen the line.
    std::optional<Child> commit(std::string_view line) &&;

 private:
    StandingBy(Child child, Fd script);
    void hear();
    void feed();

    WaitingLvm who_;
    Fd output_, report_;
    Fd script_; // its standard input: full while it has not taken what was written
    std::size_t given_ = 0;
    bool ready_ = false;
};

} // namespace dmev
