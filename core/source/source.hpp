// SPDX-License-Identifier: Apache-2.0
// Where observations come from while watching: the kernel, or a test.
#pragma once
#include <functional>
#include <optional>

#include "base/loop.hpp"
#include "base/result.hpp"
#include "model/observation.hpp"

namespace dmev {

class Source {
 public:
    using Sink = std::function<void(Observation&&)>;
    virtual ~Source() = default;

    // Begins to watch. Observations come through SINK, in order, from handlers of LOOP; baseline_done among
    // them once everything that was there has been read (what hangs is unresponsive, and not waited for).
    virtual Result<> start(Loop& loop, Sink sink) = 0;

    // Read DEVICE by then (or not at all, when none): what the engine asked for. IF_WRITTEN: soon after it is
    // written to, if that is sooner.
    virtual void wish(DevNum device, std::optional<Time> by, bool if_written) = 0;
};

} // namespace dmev
