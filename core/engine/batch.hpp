// SPDX-License-Identifier: Apache-2.0
// Path uevents of one device that belong together. The kernel sends a batch newest first; DM_SEQNUM, which
// counts per device from 1, gives the order back and tells when nothing older can be missing.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "model/observation.hpp"

namespace dmev {

struct PathUevent {
    UeventReading reading;
    std::optional<std::uint64_t> dm_seqnum;
};

class PathBatch {
 public:
    bool empty() const { return uevents_.empty(); }
    DevNum device() const { return device_; }
    Time ends() const { return ends_; }

    // REQUIRES: empty(), or the batch is of DEVICE.
    void add(DevNum device, UeventReading reading, Time at, Duration limit);

    // Would a uevent of this DM_SEQNUM be a whole batch by itself?
    static bool complete_alone(std::optional<std::uint64_t> seqnum, std::optional<std::uint64_t> last);

    // LAST: the DM_SEQNUM that came before the batch, as far as it is known.
    bool complete(std::optional<std::uint64_t> last) const;

    // By DM_SEQNUM, modulo 2^32; those without one keep their place at the end. Leaves the batch empty.
    std::vector<PathUevent> take();

 private:
    DevNum device_;
    Time ends_{};
    std::vector<PathUevent> uevents_;
};

} // namespace dmev
