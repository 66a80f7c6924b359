// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target* now, const dmevent_say* say) {
    dmevent_field field = dmevent::Field{"count", 1u};
    if (zoo::provoked(now)) field.kind = 99;
    say->field(say, &field);
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
