// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

extern "C" int zoo_absent();

static dmevent_result look(const dmevent_target*, const dmevent_target*, const dmevent_say*) {
    return zoo_absent() ? DMEVENT_OK : DMEVENT_UNKNOWN;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
