// SPDX-License-Identifier: Apache-2.0
// Gets through its trial, and crashes on what only a device says.
#include <csignal>

#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target* now, const dmevent_say* say) {
    dmevent::Say{say}.condition(0, true);
    if (zoo::provoked(now)) raise(SIGSEGV);
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
