// SPDX-License-Identifier: Apache-2.0
// The hook mirror.repair: LVM's own repair, where there is something that it can repair.
#pragma once
#include <dmevent/plugin.hpp>

namespace mirror {

bool plan_repair(const dmevent::Event& event, const dmevent::Args& args, dmevent::Plan& plan);

} // namespace mirror
