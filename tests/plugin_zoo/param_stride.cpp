// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_param params[] = {{"much", DMEVENT_UINT, 0, ""}};
constexpr dmevent_hook hooks[] = {{"param_stride.mend", "", params, 1, nullptr, nullptr}};
constexpr dmevent_plugin entry() {
    auto it = zoo::hooked(hooks);
    it.param_size = 4;
    return it;
}
ZOO_ANIMAL(entry());
