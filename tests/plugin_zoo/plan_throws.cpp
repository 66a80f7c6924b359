// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

static dmevent_result plan(uint32_t, const dmevent_event*, const dmevent_field*, size_t,
                           const dmevent_plan*) {
    throw std::runtime_error("cannot plan");
}
constexpr dmevent_hook hooks[] = {{"plan_throws.mend", "mends it", nullptr, 0, nullptr, nullptr}};
ZOO_ANIMAL(zoo::hooked(hooks, plan));
