// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>

#include "model/catalogue.hpp"
#include "process/launcher.hpp"
#include "source/source.hpp"

namespace dmev {

// The running kernel as a source, told what the plugins claim; ALL_STATUSES is for recordings, which show
// also what nobody claims. DMEVENT_TOOL_HIDE=diskseq,list in the environment hides what older kernels lack,
// so that their ways can be tested on a new one.
Result<std::unique_ptr<Source>> open_kernel(const Catalogue& catalogue, std::function<Time()> clock,
                                            bool all_statuses, Launcher& launcher);

} // namespace dmev
