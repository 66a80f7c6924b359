// SPDX-License-Identifier: Apache-2.0
// Names a key of more bytes than there are.
#include <cstdint>

#include "zoo.hpp"

static dmevent_result look(const dmevent_target*, const dmevent_target* now, const dmevent_say* say) {
    const dmevent_str key{"k", zoo::provoked(now) ? SIZE_MAX : 1};
    say->condition(say, 0, key, DMEVENT_YES, nullptr, 0);
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
