// SPDX-License-Identifier: Apache-2.0
#include "store/history_queue.hpp"

#include <iterator>

namespace dmev {
namespace {

constexpr std::size_t kBatch = 5000;   // rows of one transaction
constexpr std::size_t kDirty = 50'000; // changed keys that are worth knowing one by one

} // namespace

void HistoryQueue::drop_oldest() {
    bytes_ -= rows_.front().bytes();
    rows_.pop_front();
    ++dropped_;
    ++gap_;
}

void HistoryQueue::add(HistoryRow row) {
    bytes_ += row.bytes();
    rows_.push_back(std::move(row));
    while (rows_.size() > most_rows_ || (bytes_ > most_bytes_ && rows_.size() > 1)) drop_oldest();
}

void HistoryQueue::remember(std::vector<Remembered> changes) {
    told_ = true;
    for (auto& [kind, key, value] : changes) {
        Key whose{std::move(kind), std::move(key)};
        if (!whole_) dirty_.insert(whose);
        if (value.empty())
            all_.erase(whose);
        else
            all_.insert_or_assign(std::move(whose), std::move(value));
    }
    if (dirty_.size() > kDirty) forget_file();
}

void HistoryQueue::forget_file() {
    whole_ = true;
    dirty_.clear();
}

HistoryQueue::Batch HistoryQueue::take() {
    Batch batch;
    batch.gap = std::exchange(gap_, 0);
    while (!rows_.empty() && batch.rows.size() < kBatch) {
        bytes_ -= rows_.front().bytes();
        batch.rows.push_back(std::move(rows_.front()));
        rows_.pop_front();
    }
    batch.whole = told_ && std::exchange(whole_, false);
    if (batch.whole) {
        for (const auto& [key, value] : all_) batch.remembered.push_back({key.first, key.second, value});
    } else {
        for (const auto& key : dirty_) {
            const auto it = all_.find(key);
            batch.remembered.push_back({key.first, key.second, it == all_.end() ? "" : it->second});
        }
    }
    dirty_.clear();
    return batch;
}

void HistoryQueue::give_back(Batch&& batch) {
    gap_ += batch.gap;
    for (const auto& row : batch.rows) bytes_ += row.bytes();
    rows_.insert(rows_.begin(), std::make_move_iterator(batch.rows.begin()),
                 std::make_move_iterator(batch.rows.end()));
    while (rows_.size() > most_rows_ || (bytes_ > most_bytes_ && rows_.size() > 1)) drop_oldest();
    forget_file(); // the file is opened anew, and may be a new one
}

} // namespace dmev
