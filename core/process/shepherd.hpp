// SPDX-License-Identifier: Apache-2.0
// A shepherd runs one program and outlives all of us for it: it asks who else acts, keeps the job's files,
// starts the program, captures, ends it when it takes too long, and tells the dispatcher, if there still is
// one.
#pragma once
#include <sys/resource.h>

#include "process/launcher.hpp"

namespace dmev {

struct ShepherdSetup {
    Launcher::Guard guard;
    rlimit core;            // for the program
    bool stands_by = false; // the first order is of what is to be kept ready for the second
};

// A shepherd's whole life in the process that the launcher forked for it; the result is its exit status.
int shepherd_main(int socket, const ShepherdSetup& setup);

} // namespace dmev
