// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <functional>

#include "base/time.hpp"

namespace dmev {

// Wall time that never runs backwards and never stands still: it follows the system's clock forwards, and
// when that is set back it goes on from where it was, so that no time limit waits for the lost hour. One
// thread only.
class WallClock {
 public:
    Time now();

 private:
    Time last_{};
    std::chrono::steady_clock::time_point last_steady_ = std::chrono::steady_clock::now();
};

} // namespace dmev
