// SPDX-License-Identifier: Apache-2.0
// Who may start next: one job at a time for a lock, a bounded number in all, the most severe first, then the
// oldest. Entirely passive: the runner says what came, started, ended.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "model/event.hpp"

namespace dmev {

class Queue {
 public:
    // A job is known by the run whose next step it is; runs are numbered as they come.
    using RunId = std::uint64_t;

    void add(RunId run, Severity severity, std::string lock);
    // The job that may start now, which takes its lock and one of SLOTS; none: nothing may.
    struct Next {
        RunId run = 0;
        std::string lock;
    };
    std::optional<Next> next(std::uint32_t slots);
    // The job that is one too many when LIMIT may wait: the youngest of the least severe. It is removed.
    std::optional<RunId> overflow(std::uint32_t limit);

    // What an earlier instance left behind runs without having been asked for: it may hold what is held. It
    // has no slot.
    void take_lock(const std::string& lock) { ++locks_[lock]; }
    void give_lock(const std::string& lock);
    void give_slot() { --busy_; }

    std::size_t waiting() const { return order_.size(); }

 private:
    struct Entry {
        Severity severity;
        RunId run;
        std::string lock;
        bool operator<(const Entry& other) const { // what goes first
            return std::tuple{-static_cast<int>(severity), run} <
                   std::tuple{-static_cast<int>(other.severity), other.run};
        }
    };
    std::set<Entry> order_;
    std::map<std::string, std::uint32_t> locks_; // how many hold each
    std::uint32_t busy_ = 0;
};

} // namespace dmev
