// SPDX-License-Identifier: Apache-2.0
#include "engine/batch.hpp"

#include <algorithm>
#include <utility>

namespace dmev {
namespace {

// A before B on the kernel's 32-bit counter, which wraps.
bool before(const PathUevent& a, const PathUevent& b) {
    if (!a.dm_seqnum || !b.dm_seqnum) return a.dm_seqnum.has_value() && !b.dm_seqnum;
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(*a.dm_seqnum) -
                                     static_cast<std::uint32_t>(*b.dm_seqnum)) < 0;
}

} // namespace

void PathBatch::add(DevNum device, UeventReading reading, Time at, Duration limit) {
    if (uevents_.empty()) {
        device_ = device;
        ends_ = at + limit;
    }
    const auto seqnum = reading.number("DM_SEQNUM");
    uevents_.push_back({std::move(reading), seqnum});
}

bool PathBatch::complete_alone(std::optional<std::uint64_t> seqnum, std::optional<std::uint64_t> last) {
    return seqnum && static_cast<std::uint32_t>(*seqnum) == static_cast<std::uint32_t>(last.value_or(0) + 1);
}

bool PathBatch::complete(std::optional<std::uint64_t> last) const {
    const auto oldest = std::min_element(uevents_.begin(), uevents_.end(), before);
    const auto newest = std::max_element(uevents_.begin(), uevents_.end(), before);
    if (oldest == uevents_.end() || !oldest->dm_seqnum || !newest->dm_seqnum) return false;
    const auto expected = static_cast<std::uint32_t>(last.value_or(0) + 1);
    const auto span =
        static_cast<std::uint32_t>(*newest->dm_seqnum) - static_cast<std::uint32_t>(*oldest->dm_seqnum);
    return static_cast<std::uint32_t>(*oldest->dm_seqnum) == expected && span + 1 == uevents_.size();
}

std::vector<PathUevent> PathBatch::take() {
    std::stable_sort(uevents_.begin(), uevents_.end(), before);
    return std::exchange(uevents_, {});
}

} // namespace dmev
