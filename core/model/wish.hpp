// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "base/time.hpp"
#include "model/device.hpp"

namespace dmev {

// A device that is to be read again though the kernel may say nothing.
struct Wish {
    DevNum device;
    std::optional<Time> by; // none: no need any more
    // By then, where nothing is written to it meanwhile. None: as above.
    std::optional<Time> unwritten_by{};
    bool near_limit = false; // a little that is written matters: then soon
};

} // namespace dmev
