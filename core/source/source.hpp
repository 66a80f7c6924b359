// SPDX-License-Identifier: Apache-2.0
// Where observations come from while watching: the kernel, or a test.
#pragma once
#include <functional>

#include "base/loop.hpp"
#include "base/result.hpp"
#include "model/observation.hpp"
#include "model/wish.hpp"

namespace dmev {

class Source {
 public:
    using Sink = std::function<void(Observation&&)>;
    virtual ~Source() = default;

    // Begins to watch. Observations come through SINK, in order, from handlers of LOOP; baseline_done among
    // them once everything that was there has been read (what hangs is unresponsive, and not waited for).
    virtual Result<> start(Loop& loop, Sink sink) = 0;

    // What the engine asked for; it replaces what was wished of the device.
    virtual void wish(const Wish& wish) = 0;
};

} // namespace dmev
