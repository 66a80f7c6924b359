// SPDX-License-Identifier: Apache-2.0
// One device as --query shows it: what it is, and every condition that holds now.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/device.hpp"
#include "model/event.hpp"

namespace dmev {

struct HoldingCondition {
    std::string type;
    Severity severity = Severity::info;
    std::string part;
    std::optional<EventTarget> target;
    Time since{};
    std::string message;
    Fields data;
};

struct DeviceState {
    DeviceId id;
    std::uint32_t event_nr = 0;
    bool suspended = false;
    bool read_only = false;
    std::vector<std::string> targets; // their types, in table order
    std::vector<HoldingCondition> holding;
};

} // namespace dmev
