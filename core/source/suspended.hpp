// SPDX-License-Identifier: Apache-2.0
// A suspend raises neither an event nor a uevent, so a device that somebody left suspended would never be
// noticed. This asks sysfs, which answers from a flag and cannot hang.
#pragma once
#include "model/device.hpp"

namespace dmev {

// Is the device suspended now? A device that is gone is not.
bool is_suspended(DevNum device);

} // namespace dmev
