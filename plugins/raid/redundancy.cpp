// SPDX-License-Identifier: Apache-2.0
#include "redundancy.hpp"

#include <algorithm>

namespace raid {
namespace {

// The copies of a block are on COPIES legs in a row. With the near layout the next block follows them, with
// the others it starts one leg further. Every such row needs a leg; it is how md itself counts.
bool raid10_survives(std::size_t legs, std::size_t copies, bool far, const Legs& lost) {
    copies = std::min(copies, legs);
    const std::size_t stride = far ? 1 : copies;
    std::size_t first = 0;
    do {
        bool alive = false;
        for (std::size_t i = 0; i < copies; ++i) alive |= !lost[(first + i) % legs];
        if (!alive) return false;
        first = (first + stride) % legs;
    } while (first != 0);
    return true;
}

} // namespace

std::optional<bool> survives(std::string_view type, std::size_t legs, const Copies& copies,
                             const Legs& lost) {
    const auto gone = lost.count();
    if (type == "raid0") return gone == 0;
    if (type == "raid1") return gone < legs;
    if (type.starts_with("raid10")) {
        const bool far = copies.far || type == "raid10_far" || type == "raid10_offset";
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(copies.count, kMaxLegs));
        return legs == 0 || raid10_survives(legs, count, far, lost);
    }
    if (type == "raid4" || type.starts_with("raid5")) return gone <= 1;
    if (type.starts_with("raid6")) return gone <= 2;
    return {};
}

} // namespace raid
