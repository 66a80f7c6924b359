// SPDX-License-Identifier: Apache-2.0
// When devices are read that only writes can bring to a limit. What was not written to is not read: a look at
// the kernel's counter takes a fraction of what a status does. Passive: the time and the counts go in.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "model/wish.hpp"

namespace dmev {

// How many writes the kernel has counted for DEVICE; of a pool, those to its volumes are among them. None: it
// is gone. FILE is what it is read from, opened where it is not. Cannot hang.
std::optional<std::uint64_t> writes_to(DevNum device, Fd& file);

class Writes {
 public:
    using Count = std::function<std::optional<std::uint64_t>(DevNum, Fd& file)>;
    explicit Writes(Count count = writes_to) : count_(std::move(count)) {}

    void wish(const Wish& wish, Time now); // REQUIRES: it says by when, written to or not
    void forget(DevNum device);

    std::optional<Time> due() const; // when look() would next do something
    // Those that are to be read now, which then are left alone until there is another wish. Those whose time
    // is nearly there are among them, so that many are dealt with at once.
    std::vector<DevNum> look(Time now);

 private:
    struct State {
        Fd file; // stays open while it is near, unless many are
        std::optional<std::uint64_t> seen,
            read;               // the count at the last look, and when it was last to be read
        std::optional<Time> by; // none: it was told
        Time unwritten_by{};
        Duration period{}, longest{}; // until it is looked at again, doubling as nothing is written
        // One that is near, and is written to all the time without getting nearer, is told less and less
        // often:
        int pause = 1, wait = 0; // for how many looks not, the next time and now
    };
    std::optional<std::uint64_t> count(DevNum device, State& state) const;
    bool was_written(DevNum device, State& state);
    bool moved(DevNum device, State& state);
    void look_at_near(std::vector<DevNum>& found);
    void look_at_due(Time now, std::vector<DevNum>& found);
    void set(DevNum device, State& state, std::optional<Time> by);

    Count count_;
    std::map<DevNum, State> devices_;
    std::set<std::pair<Time, DevNum>> times_;
    std::set<DevNum> near_;
    DevNum last_near_{}; // that was looked at
    std::optional<Time> next_near_;
};

} // namespace dmev
