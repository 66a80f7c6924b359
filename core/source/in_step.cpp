// SPDX-License-Identifier: Apache-2.0
#include "source/in_step.hpp"

#include <bit>

namespace dmev {

Time in_step(Time by, Time now) {
    const auto most = (by - now).count() / 8;
    if (most <= 0) return by;
    // Powers of two: a long step is made of whole short ones, so what has less time left meets it too.
    const Duration step{std::bit_floor(static_cast<std::uint64_t>(most))};
    return by - by.time_since_epoch() % step;
}

} // namespace dmev
