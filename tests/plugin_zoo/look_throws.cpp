// SPDX-License-Identifier: Apache-2.0
// Its exception leaves the function: no Bridge stands between it and the host.
#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target* now, const dmevent_say* say) {
    dmevent::Say{say}.condition(0, true);
    if (zoo::provoked(now)) throw std::runtime_error("cannot look");
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
