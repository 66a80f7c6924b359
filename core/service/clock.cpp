// SPDX-License-Identifier: Apache-2.0
#include "service/clock.hpp"

#include <algorithm>

namespace dmev {

Time WallClock::now() {
    const auto steady = std::chrono::steady_clock::now();
    const Time wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    last_ = std::max(wall, last_ + (steady - last_steady_));
    last_steady_ = steady;
    return last_;
}

} // namespace dmev
