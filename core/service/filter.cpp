// SPDX-License-Identifier: Apache-2.0
#include "service/filter.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace dmev {

bool Filter::ignores(const DeviceId& device) const {
    const auto is_like = [](const std::string& pattern, const std::string& text) {
        return !text.empty() && (pattern == text || (is_glob(pattern) && glob_match(pattern, text)));
    };
    return std::any_of(ignore.begin(), ignore.end(), [&](const Ignored& ignored) {
        return (ignored.uuid || ignored.name) && (!ignored.uuid || is_like(*ignored.uuid, device.uuid)) &&
               (!ignored.name || is_like(*ignored.name, device.name));
    });
}

bool Filter::wants(const Event& event) const {
    return (selection.wants(event) || event.type.starts_with("action.")) &&
           !(event.device && ignores(*event.device));
}

std::vector<DeviceState> Filter::apply(std::vector<DeviceState> devices, const Catalogue& catalogue) const {
    // The core's family of a device serves them all.
    const auto served = [&](const DeviceState& device) {
        return std::any_of(
            catalogue.families().begin(), catalogue.families().end(), [&](const Family& family) {
                const bool claims =
                    family.name == "device" ||
                    std::any_of(family.claims.begin(), family.claims.end(), [&](const auto& claim) {
                        return std::find(device.targets.begin(), device.targets.end(), claim.target) !=
                               device.targets.end();
                    });
                return claims && std::any_of(family.types.begin(), family.types.end(), [&](const auto& type) {
                           return selection.wants_type(type.name);
                       });
            });
    };
    for (auto& device : devices)
        std::erase_if(device.holding, [&](const auto& held) { return !selection.wants_type(held.type); });
    std::erase_if(devices, [&](const auto& device) {
        return ignores(device.id) || (device.holding.empty() && !served(device));
    });
    return devices;
}

bool ends_once(const Event& event) {
    return event.type != "device.added" && !event.type.starts_with("action.");
}

} // namespace dmev
