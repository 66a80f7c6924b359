// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_hook hooks[] = {{"hook_no_plan.mend", "", nullptr, 0, nullptr, nullptr}};
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.hooks = hooks, entry.n_hooks = 1; }));
