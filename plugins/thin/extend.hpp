// SPDX-License-Identifier: Apache-2.0
// The hook thin.extend: LVM's own policy, with limits that make it act on the pool as it is now.
#pragma once
#include <dmevent/plugin.hpp>

namespace thin {

bool plan_extend(const dmevent::Event& event, const dmevent::Args& args, dmevent::Plan& plan);

} // namespace thin
