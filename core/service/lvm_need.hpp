// SPDX-License-Identifier: Apache-2.0
// Whether an lvm that waits for its command is worth its memory: while there may soon be one for it, and a
// while after, since what was near a limit comes near the next one; and as long after a new volume came.
#pragma once
#include <functional>

#include "base/loop.hpp"
#include "engine/engine.hpp"

namespace dmev {

class LvmNeed {
 public:
    struct Ports {
        std::function<Engine::Prospect()> prospect; // may cost a look at each device
        std::function<void(bool)> needed;           // told when it has become another
    };
    static constexpr std::chrono::seconds every{1}; // it is asked once in that at most
    // All references must outlive it.
    LvmNeed(Loop& loop, Ports ports, Loop::Clock::duration lasts = std::chrono::minutes{5});
    ~LvmNeed();
    LvmNeed(const LvmNeed&) = delete;
    LvmNeed& operator=(const LvmNeed&) = delete;

    void look(); // something may be another now

 private:
    void ask();
    void ask_at(Loop::Clock::time_point when);

    Loop& loop_;
    Ports ports_;
    Loop::Clock::duration lasts_;
    Loop::Clock::time_point next_{};  // when it may be asked
    Loop::Clock::time_point until_{}; // as needed as it was when it was near last
    Loop::Clock::time_point due_{};
    Loop::TimerId timer_ = 0;
    std::uint64_t newest_ = 0;
    bool needed_ = false;
};

} // namespace dmev
