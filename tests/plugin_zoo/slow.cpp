// SPDX-License-Identifier: Apache-2.0
// Says what is right, and takes its time.
#include <unistd.h>

#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target* now, const dmevent_say* say) {
    if (zoo::provoked(now)) usleep(150'000);
    dmevent::Say{say}.condition(0, true);
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
