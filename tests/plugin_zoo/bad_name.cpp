// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_type types[] = {
    {"bad_name.Low-Water!", nullptr, DMEVENT_INFO, DMEVENT_HAPPENING, 0, nullptr, "{device}", "", ""}};
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.types = types, entry.n_types = 1; }));
