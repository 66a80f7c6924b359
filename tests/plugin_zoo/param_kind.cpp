// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_param params[] = {{"much", 7, 0, ""}};
constexpr dmevent_hook hooks[] = {{"param_kind.mend", "", params, std::size(params), nullptr, nullptr}};
ZOO_ANIMAL(zoo::hooked(hooks));
