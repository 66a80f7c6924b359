// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/history_file.hpp"

namespace dmev {

// What waits to be written: rows up to a bound, and what is remembered, of which the last of each key alone.
// A batch is taken out, and given back if it could not be written. Not thread-safe.
class HistoryQueue {
 public:
    HistoryQueue(std::size_t rows, std::size_t bytes) : most_rows_(rows), most_bytes_(bytes) {}

    struct Batch {
        std::vector<HistoryRow> rows;
        std::vector<Remembered> remembered;
        bool whole = false;    // remembered is all there is, not what changed
        std::uint64_t gap = 0; // rows that were dropped before these
    };

    void add(HistoryRow row);
    void remember(std::vector<Remembered> changes);
    void lost(std::uint64_t rows) { // on the way here
        dropped_ += rows;
        gap_ += rows;
    }
    // Nothing of what is remembered is in the file any more.
    void forget_file();
    bool empty() const { return rows_.empty() && dirty_.empty() && !(whole_ && told_) && gap_ == 0; }

    Batch take();
    void give_back(Batch&& batch);

    std::uint64_t dropped() const { return dropped_; }
    std::size_t waiting() const { return rows_.size(); }

 private:
    using Key = std::pair<std::string, std::string>;
    void drop_oldest();

    const std::size_t most_rows_, most_bytes_;
    std::deque<HistoryRow> rows_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0, gap_ = 0; // in all; since the file last knew
    std::map<Key, std::string> all_;      // what is remembered
    std::set<Key> dirty_;                 // what of it changed since the file last knew
    bool whole_ = true;                   // the file knows nothing of it
    bool told_ = false;                   // before, the file may know what we do not
};

} // namespace dmev
