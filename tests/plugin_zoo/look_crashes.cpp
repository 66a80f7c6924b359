// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target*, const dmevent_say*) {
    raise(SIGSEGV);
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
