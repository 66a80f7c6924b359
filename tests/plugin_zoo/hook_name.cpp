// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_hook hooks[] = {{"mend", "", nullptr, 0, nullptr, nullptr}};
ZOO_ANIMAL(zoo::hooked(hooks));
