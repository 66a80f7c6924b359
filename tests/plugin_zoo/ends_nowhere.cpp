// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_type types[] = {{"ends_nowhere.low", nullptr, DMEVENT_WARNING, DMEVENT_CONDITION, 0,
                                   "ends_nowhere.recovered", "{device} is low", "", ""}};
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.types = types, entry.n_types = 1; }));
