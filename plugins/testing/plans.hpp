// SPDX-License-Identifier: Apache-2.0
// What a plugin's hooks plan, in a form that a test can hold against one text.
#pragma once
#include <string>

#include "cases.hpp"

namespace testing_plugins {

// What is asked of a hook: an event on a device whose target is now as NOW says.
struct Asked {
    std::string hook, type;
    dmev::DeviceId device;
    Line now;
    dmev::Fields args = {};
};

// The plan's words, "|" between them, or "refused: why", "fault: why".
std::string plan_of(const dmev::Plugin& plugin, const Asked& asked);

dmev::Planned plan(const dmev::Plugin& plugin, const Asked& asked);

// Adds test failures where PLANNED is not as every change of a volume by LVM's program is to be.
void check_lvm_plan(const dmev::Planned& planned, const std::string& vg);

// What a program must do to have had an effect: "ended thin.low_water 0", "grown data", "field queueing no".
std::string expected_of(const dmev::Planned& planned);

} // namespace testing_plugins
