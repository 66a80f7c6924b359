// SPDX-License-Identifier: Apache-2.0
// Who reacts to events: the monitor tells it of each, in order, and keeps its appointments. One does what the
// rules say (Responder), one only says what would be done (Rehearsal).
#pragma once
#include <optional>
#include <span>

#include "model/event.hpp"

namespace dmev {

class Reactor {
 public:
    virtual ~Reactor() = default;
    // All that one observation brought: each is seen before anything is begun about one of them.
    virtual void take_all(std::span<const Event> events) = 0;
    void take(const Event& event) { take_all({&event, 1}); }
    virtual void advance(Time now) = 0;
    virtual std::optional<Time> due() const = 0;
    // A reading of DEVICE was taken in.
    virtual void looked(DevNum device) = 0;
    // What was there at the start has been read.
    virtual void ready() = 0;
    // Nothing runs, and nothing waits but reminders.
    virtual bool idle() const = 0;
    // Has an action failed for good?
    virtual bool failed() const = 0;
};

} // namespace dmev
