// SPDX-License-Identifier: Apache-2.0
// Asks who else acts on a device. Read-only, starts nothing, and takes two seconds at most; for the process
// that runs a program, since it blocks.
#pragma once
#include <string>
#include <string_view>

namespace dmev {

enum class Managed { no, yes, unknown }; // unknown: it runs and does not answer

// WHO: "dmeventd" (ABOUT: the uuid) or "multipathd" (ABOUT: the map's name).
Managed managed_by(std::string_view who, std::string_view about);

} // namespace dmev
