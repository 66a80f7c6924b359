// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_type types[] = {zoo::types[0], zoo::types[1], zoo::types[0]};
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.types = types, entry.n_types = 3; }));
