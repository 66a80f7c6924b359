// SPDX-License-Identifier: Apache-2.0
// Its exception meets a function that lets none through.
#include "zoo.hpp"

static void fail() { throw std::runtime_error("not so quiet"); }
static void quiet() noexcept { fail(); }
__attribute__((constructor)) static void begin() { quiet(); }
ZOO_ANIMAL(zoo::sound());
