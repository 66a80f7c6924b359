// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/device.hpp"
#include "model/event.hpp"
#include "model/observation.hpp"

namespace dmev {

// One target as it was last read and understood: what hooks plan on, and what postconditions look at.
struct TargetFacts {
    DeviceId device;
    std::uint32_t index = 0;
    Time read{}; // when; of the device's last reading that concluded something
    TargetReading text;
    Fields fields; // what look() stated of the whole target
    struct Gauge {
        std::string name; // "data"
        std::uint64_t used = 0, total = 0;
    };
    std::vector<Gauge> gauges;
    std::set<std::pair<std::string, std::string>> holding; // type and part
};

} // namespace dmev
