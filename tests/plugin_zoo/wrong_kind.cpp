// SPDX-License-Identifier: Apache-2.0
// Says of a happening that it holds.
#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target* now, const dmevent_say* say) {
    dmevent::Say{say}.condition(zoo::provoked(now) ? 1 : 0, true);
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
