// SPDX-License-Identifier: Apache-2.0
// The hook raid.repair: LVM's own repair, where there is something that it can repair.
#pragma once
#include <dmevent/plugin.hpp>

#include "status.hpp"

namespace raid {

// IS_FAILED: more is lost than the level survives.
bool plan_repair(const Status& now, bool is_failed, const dmevent::Event& event, const dmevent::Args& args,
                 dmevent::Plan& plan);

} // namespace raid
