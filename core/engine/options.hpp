// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>

#include "base/time.hpp"

namespace dmev {

// The engine's times. Each default has its reason.
struct EngineOptions {
    // A batch of path uevents arrives newest first and within microseconds; 10 ms is far above that.
    Duration batch = std::chrono::milliseconds{10};
    // A uevent is sent before event_nr moves: what has not come in 250 ms was lost.
    Duration uevent_grace = std::chrono::milliseconds{250};
    // A provisional reading is followed by another one after this.
    Duration reread = std::chrono::milliseconds{50};
    // A reload resets every path; a checker has failed a dead one again well within this.
    Duration lapse = std::chrono::seconds{30};
    // Whatever suspends a device for longer stalls whoever writes to it.
    Duration suspended_long = std::chrono::seconds{10};
    // What raises no kernel event: how often it is read far from a limit, and never more often than.
    Duration poll_interval = std::chrono::seconds{10};
    Duration poll_fastest = std::chrono::milliseconds{250};
};

} // namespace dmev
