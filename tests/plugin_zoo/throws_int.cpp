// SPDX-License-Identifier: Apache-2.0
// What it throws is no std::exception.
#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target* now, const dmevent_say*) {
    if (zoo::provoked(now)) throw 7;
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
