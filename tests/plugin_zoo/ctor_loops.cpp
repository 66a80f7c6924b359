// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

__attribute__((constructor)) static void begin() {
    const volatile bool on = true;
    while (on) {
    }
}
ZOO_ANIMAL(zoo::sound());
