// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_hook hooks[] = {{"hook_noop.mend", "", nullptr, 0, "policy is warn", nullptr}};
ZOO_ANIMAL(zoo::hooked(hooks));
