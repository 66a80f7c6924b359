// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_hook hooks[] = {{"hook_unless.mend", "", nullptr, 0, "activation/policy=warn", "policy"}};
ZOO_ANIMAL(zoo::hooked(hooks));
