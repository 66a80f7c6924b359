// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_type types[] = {
    {"alias_taken.low", "device.added", DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr, "{device}", "", ""},
    zoo::types[1]};
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.types = types, entry.n_types = 2; }));
