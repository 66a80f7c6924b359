// SPDX-License-Identifier: Apache-2.0
// A program that changes storage and dies half way leaves devices suspended, and all who use them waiting.
#pragma once
#include <string>
#include <vector>

namespace dmev {

// The names of all device-mapper devices that are suspended now, sorted. Sysfs answers from a flag and cannot
// hang.
std::vector<std::string> suspended_devices(const std::string& block = "/sys/block");

} // namespace dmev
