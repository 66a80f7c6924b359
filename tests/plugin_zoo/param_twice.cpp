// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_param params[] = {{"much", DMEVENT_UINT, 0, ""}, {"much", DMEVENT_TEXT, 0, ""}};
constexpr dmevent_hook hooks[] = {{"param_twice.mend", "", params, std::size(params), nullptr, nullptr}};
ZOO_ANIMAL(zoo::hooked(hooks));
