// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>

#include "base/fd.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"

namespace dmev {

// SIGTERM, SIGINT and SIGHUP as calls from the loop. They are blocked from block() on, in every thread and
// process that is started later.
class Signals {
 public:
    static void block();

    // REQUIRES: block() was called. LOOP outlives this.
    static Result<Signals> watch(Loop& loop, std::function<void(int signal)> handler);
    Signals(Signals&&) = default;
    Signals& operator=(Signals&&) = delete;
    ~Signals();

 private:
    Signals(Loop& loop, Fd fd) : loop_(&loop), fd_(std::move(fd)) {}
    Loop* loop_;
    Fd fd_;
};

} // namespace dmev
