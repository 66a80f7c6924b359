// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target*, const dmevent_say*) {
    const volatile bool on = true;
    while (on) {
    }
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
