// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.type_size = sizeof(dmevent_type) - 8; }));
