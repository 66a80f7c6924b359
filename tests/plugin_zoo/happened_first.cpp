// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target* now, const dmevent_say* say) {
    if (zoo::provoked(now)) dmevent::Say{say}.happened(1);
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
