// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_param params[] = {{"Much", DMEVENT_UINT, 0, ""}};
constexpr dmevent_hook hooks[] = {{"param_name.mend", "", params, std::size(params), nullptr, nullptr}};
ZOO_ANIMAL(zoo::hooked(hooks));
