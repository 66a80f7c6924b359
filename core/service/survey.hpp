// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

#include "engine/engine.hpp"
#include "source/source.hpp"

namespace dmev {

// Everything that is there now: runs SOURCE until it has read each device once, and gives what the engine
// makes of it. A device that does not answer is among them as unresponsive; nothing waits for it.
Result<std::vector<DeviceState>> survey(Loop& loop, Source& source, const Catalogue& catalogue,
                                        std::span<const Plugin> plugins);

} // namespace dmev
