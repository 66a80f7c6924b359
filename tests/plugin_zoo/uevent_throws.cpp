// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

static dmevent_result uevent(const dmevent_target* last, const dmevent_var*, size_t, const dmevent_say*) {
    if (zoo::provoked(last)) throw std::runtime_error("cannot hear");
    return DMEVENT_OK;
}
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.uevent = uevent; }));
