// SPDX-License-Identifier: Apache-2.0
// Which devices are written to: a look at the kernel's counters takes a fraction of what their status does.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "model/device.hpp"

namespace dmev {

// How many writes the kernel has counted for DEVICE; of a pool, those to its volumes are among them. None: it
// is gone. Cannot hang.
std::optional<std::uint64_t> writes_to(DevNum device);

class Written {
 public:
    using Count = std::function<std::optional<std::uint64_t>(DevNum)>;
    explicit Written(Count count = writes_to) : count_(std::move(count)) {}

    void watch(DevNum device);
    void forget(DevNum device) { devices_.erase(device); }
    bool empty() const { return devices_.empty(); }

    // Those that were written to since the last look, which then are left alone until they are to be watched
    // again. One that is written to all the time, and is to be watched again each time, is found less and
    // less often. Of many, some in each look.
    std::vector<DevNum> look();

 private:
    struct State {
        std::optional<std::uint64_t> count; // at the last look
        bool watched = false;
        int pause = 1, wait = 0; // looks at which it is not told again: the next time, and for now
    };
    bool moved(DevNum device, State& state);

    Count count_;
    std::map<DevNum, State> devices_;
    DevNum last_{}; // that was looked at
};

} // namespace dmev
