// SPDX-License-Identifier: Apache-2.0
// Says it is the plugin "sound", with another target.
#include "zoo.hpp"

constexpr dmevent_type types[] = {
    {"sound.low", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0, nullptr, "{device}", "", ""},
    {"sound.grown", nullptr, DMEVENT_INFO, DMEVENT_HAPPENING, 0, nullptr, "{device}", "", ""}};
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.name = "sound", entry.types = types, entry.n_types = 2; }));
