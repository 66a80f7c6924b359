// SPDX-License-Identifier: Apache-2.0
// A library like any other.
#include <dmevent/plugin.h>

extern "C" DMEVENT_EXPORT int zoo_answer() { return 42; }
