// SPDX-License-Identifier: Apache-2.0
// Devices that are to be read again at about the same time are read at the same time: the processor sleeps
// between. Pure.
#pragma once
#include "base/time.hpp"

namespace dmev {

// What is to be done BY then is done at the time that is returned: never later, earlier by at most an eighth
// of what is left from NOW on, and the same for all that have as long and end nearly alike.
Time in_step(Time by, Time now);

} // namespace dmev
