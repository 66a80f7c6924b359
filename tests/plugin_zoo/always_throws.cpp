// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target*, const dmevent_say*) {
    throw std::runtime_error("always");
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
