// SPDX-License-Identifier: Apache-2.0
// Ends the program, and talks, which nobody is to hear.
#include <cstdio>
#include <cstdlib>

#include "zoo.hpp"

__attribute__((constructor)) static void begin() {
    std::puts("zoo: heard on standard output");
    std::fputs("zoo: heard on standard error\n", stderr);
    std::exit(3);
}
ZOO_ANIMAL(zoo::sound());
