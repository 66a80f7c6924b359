// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

// Nothing behind abi and size may be believed, and so nothing may be read: these pointers lead nowhere.
ZOO_ANIMAL((dmevent_plugin{.abi = 2, .size = 4096, .n_types = 7, .n_hooks = 7}));
