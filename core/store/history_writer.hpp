// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "store/history.hpp"
#include "store/history_queue.hpp"

namespace dmev {

// Between a History and its thread: the queue, and what each is to know of the other. The thread alone
// touches the file, and holds no lock while it does.
class HistoryWriter {
 public:
    using Clock = std::chrono::steady_clock;

    HistoryWriter(HistoryOptions options, std::string boot_id);

    // ---- the owner's side ----

    int fd() const { return wake_.get(); }
    void add(HistoryRow row);
    void remember(std::vector<Remembered> changes);
    void lost(std::uint64_t rows);
    void settle_earlier();
    void limit(std::chrono::seconds keep, std::uint64_t max_size);
    // What the owner's sink is to be told.
    struct News {
        std::vector<std::string> states;
        std::optional<std::vector<Remembered>> earlier;
    };
    News news();
    bool works() const;
    bool drain(std::chrono::milliseconds patience);
    void stop();
    void could_not_start(int errno_value);
    History::Counts counts() const;

    // ---- the thread's side ----

    void run();

 private:
    bool is_due(Clock::time_point now) const;
    Clock::time_point wake_time() const;
    void attempt(std::unique_lock<std::mutex>& lock);
    Result<> use_file(const HistoryQueue::Batch& batch, bool forget_earlier);
    Result<> trim(std::chrono::seconds keep, std::uint64_t max_size);
    void succeeded();
    void failed(const std::string& why);
    void tell(const std::string& why);

    const HistoryOptions options_;
    const Fd wake_;

    mutable std::mutex mutex_; // guards what follows, up to the thread's own
    std::condition_variable changed_;
    HistoryQueue queue_;
    std::chrono::seconds keep_;
    std::uint64_t max_size_;
    std::uint64_t written_ = 0;
    std::optional<Clock::time_point> busy_since_; // the thread is at the file
    std::size_t busy_with_ = 0;                   // rows
    Clock::time_point not_before_{};              // the next attempt
    std::uint64_t failures_ = 0;
    std::chrono::milliseconds wait_{};
    bool at_once_ = false, closing_ = false, ended_ = false;
    bool settle_ = false;
    bool limits_ = false;             // are others, and not kept to yet
    std::optional<std::string> told_; // the last state; none yet
    std::vector<std::string> states_;
    std::optional<std::vector<Remembered>> earlier_;

    HistoryFile file_; // the thread's own from here on
    const Clock::time_point started_ = Clock::now();
    bool gave_earlier_ = false, more_to_trim_ = false, too_early_ = false;
    Clock::time_point trimmed_{};
    std::size_t untrimmed_ = 0; // rows, written since then
};

} // namespace dmev
