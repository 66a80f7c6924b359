// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>

#include "base/fd.hpp"
#include "base/loop.hpp"

namespace dmev {

// Work that may block, on a thread of its own, whose end is told in the loop. One piece at a time.
class Background {
 public:
    // LOOP outlives it.
    static Result<std::unique_ptr<Background>> open(Loop& loop);
    ~Background(); // leaves work that still runs to itself

    bool busy() const { return busy_; }
    // WORK runs on the thread and touches nothing but what it owns or nobody changes; then DONE in the loop.
    // The error: there is no thread to be had. REQUIRES: !busy().
    Result<> run(std::function<void()> work, std::function<void()> done);

 private:
    explicit Background(Loop& loop) : loop_(loop) {}
    Loop& loop_;
    std::shared_ptr<Fd> wake_; // also the thread's, which may outlive us
    std::function<void()> done_;
    bool busy_ = false;
};

} // namespace dmev
