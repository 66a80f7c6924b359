// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/catalogue.hpp"
#include "model/device_state.hpp"
#include "model/event.hpp"

namespace dmev {

// What is shown and acted upon: the selected types, without the ignored devices. What came of an action is
// always shown.
struct Filter {
    Selection selection = Selection::everything();
    struct Ignored { // all that is given must match, literally or as a glob
        std::optional<std::string> uuid, name;
    };
    std::vector<Ignored> ignore;

    bool wants(const Event& event) const;
    bool ignores(const DeviceId& device) const;

    // The devices that a selected family serves, each with the selected conditions only.
    std::vector<DeviceState> apply(std::vector<DeviceState> devices, const Catalogue& catalogue) const;
};

// Whether --once ends with this event: neither the mere appearance of a device nor an action's outcome.
bool ends_once(const Event& event);

} // namespace dmev
