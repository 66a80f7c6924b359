// SPDX-License-Identifier: Apache-2.0
// A device lifetime as a line of JSON, and back: what a successor has to know, that it tells nothing twice
// and misses nothing. The text is of any moment of the device; from then on the kernel's answer tells the
// rest. Strings that are no UTF-8 are kept as {"hex":..}, since bytes are compared later.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "engine/device.hpp"
#include "model/catalogue.hpp"

namespace dmev {

// By target type; what plugs in a target's plugin.
using Claims = std::map<std::string, std::pair<const Plugin*, const TargetClaim*>, std::less<>>;

// TOLD: how many events there have been in all.
std::string remember(const Device& device, std::uint64_t told);

struct Recalled {
    std::unique_ptr<Device> device;
    std::uint64_t told = 0;
    std::vector<std::string> left_out; // conditions that nobody knows any more
};
// Whatever VALUE is: the device, or what is wrong with it. Of another plugin, or one that is no longer there,
// what its targets were is forgotten. Times may lie in the future: bound_times() when it is later.
Result<Recalled> recall(std::string_view value, DevNum number, const Catalogue& catalogue,
                        const Claims& claims);

// The clock may have been set back since: nothing began after NOW, nor is due later than it could be now.
void bound_times(Device& device, Time now, const EngineOptions& options);

} // namespace dmev
