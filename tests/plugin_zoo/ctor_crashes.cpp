// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "zoo.hpp"

__attribute__((constructor)) static void begin() { raise(SIGSEGV); }
ZOO_ANIMAL(zoo::sound());
