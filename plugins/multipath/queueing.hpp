// SPDX-License-Identifier: Apache-2.0
// The hooks multipath.fail_if_no_path and multipath.queue_if_no_path: what becomes of I/O without a path.
#pragma once
#include <dmevent/plugin.hpp>

namespace multipath {

bool plan_queueing(bool on, const dmevent::Event& event, dmevent::Plan& plan);

} // namespace multipath
