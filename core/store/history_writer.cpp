// SPDX-License-Identifier: Apache-2.0
#include "store/history_writer.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

constexpr auto kPace = 100ms; // between transactions while much comes
constexpr auto kFirstRetry = 1000ms;
constexpr auto kTrimEvery = 10s;  // while rows are written
constexpr auto kTrimIdle = 10min; // else
constexpr auto kTrimPiece = 20ms; // between pieces of a long removal

HistoryRow gap_row(std::uint64_t rows) {
    HistoryRow row;
    row.kind = HistoryRow::Kind::gap;
    row.time = std::chrono::system_clock::now();
    JsonWriter{row.json}
        .begin_object()
        .member("schema", "dmevent-gap/1")
        .member("time", format_utc(row.time))
        .member("dropped", rows)
        .end_object();
    return row;
}

} // namespace

HistoryWriter::HistoryWriter(HistoryOptions options, std::string boot_id)
    : options_(std::move(options)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      queue_(options_.queue, options_.queue_bytes),
      keep_(options_.keep),
      max_size_(options_.max_size),
      wait_(std::min(kFirstRetry, options_.retry)),
      file_(options_.file, std::move(boot_id)) {}

// ---- the owner's side ----

void HistoryWriter::add(HistoryRow row) {
    const std::lock_guard lock{mutex_};
    queue_.add(std::move(row));
    changed_.notify_all();
}

void HistoryWriter::remember(std::vector<Remembered> changes) {
    const std::lock_guard lock{mutex_};
    queue_.remember(std::move(changes));
    changed_.notify_all();
}

void HistoryWriter::lost(std::uint64_t rows) {
    const std::lock_guard lock{mutex_};
    queue_.lost(rows);
    changed_.notify_all();
}

void HistoryWriter::settle_earlier() {
    const std::lock_guard lock{mutex_};
    settle_ = true;
    changed_.notify_all();
}

void HistoryWriter::limit(std::chrono::seconds keep, std::uint64_t max_size) {
    const std::lock_guard lock{mutex_};
    keep_ = keep;
    max_size_ = max_size;
    limits_ = true;
    changed_.notify_all();
}

HistoryWriter::News HistoryWriter::news() {
    eventfd_t ignored = 0;
    eventfd_read(wake_.get(), &ignored);
    const std::lock_guard lock{mutex_};
    if (busy_since_ && (!told_ || told_->empty()) && Clock::now() - *busy_since_ > options_.stalled_after)
        tell(fmt::format(
            "cannot write {}: its disk has not answered for {} s; what happens is kept in memory, "
            "up to {} rows",
            escape(options_.file), options_.stalled_after / 1s, options_.queue));
    return {std::exchange(states_, {}), std::exchange(earlier_, {})};
}

bool HistoryWriter::works() const {
    const std::lock_guard lock{mutex_};
    if (told_ && !told_->empty()) return false; // that it does not go on is known
    return !told_ || busy_since_ || !queue_.empty() || settle_ || limits_;
}

bool HistoryWriter::drain(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    at_once_ = true;
    const auto failures = failures_;
    changed_.notify_all();
    const auto written = [&] { return queue_.empty() && !settle_ && !limits_ && !busy_since_; };
    changed_.wait_for(lock, patience, [&] { return ended_ || failures_ != failures || written(); });
    at_once_ = false;
    return written();
}

void HistoryWriter::stop() {
    std::unique_lock lock{mutex_};
    closing_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, options_.closing, [&] { return ended_; });
}

void HistoryWriter::could_not_start(int errno_value) {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    tell(errno_error("cannot start the writer of", options_.file, errno_value).text());
}

History::Counts HistoryWriter::counts() const {
    const std::lock_guard lock{mutex_};
    return {written_, queue_.dropped(), queue_.waiting() + busy_with_};
}

// ---- the thread's side ----

// REQUIRES: the lock is held.
void HistoryWriter::tell(const std::string& why) {
    if (why == told_) return;
    told_ = why;
    states_.push_back(why);
    eventfd_write(wake_.get(), 1);
}

bool HistoryWriter::is_due(Clock::time_point now) const {
    if (closing_ || at_once_) return true;
    if (now < not_before_) return false;
    return !queue_.empty() || settle_ || limits_ || !file_ || now >= wake_time();
}

HistoryWriter::Clock::time_point HistoryWriter::wake_time() const {
    if (!file_ || !queue_.empty() || settle_ || limits_) return not_before_;
    return std::max(not_before_, trimmed_ + (more_to_trim_ ? Clock::duration{kTrimPiece} : kTrimIdle));
}

void HistoryWriter::run() {
    std::unique_lock lock{mutex_};
    for (;;) {
        while (!is_due(Clock::now())) changed_.wait_until(lock, wake_time());
        const auto failures = failures_;
        if (!closing_ || !queue_.empty() || settle_ || limits_) attempt(lock);
        if (closing_ && (queue_.empty() || failures_ != failures)) break;
    }
    lock.unlock();
    file_.close();
    lock.lock();
    ended_ = true;
    changed_.notify_all();
}

void HistoryWriter::attempt(std::unique_lock<std::mutex>& lock) {
    if (!file_) queue_.forget_file(); // what is opened may be a new one
    auto batch = queue_.take();
    const bool gap = batch.gap > 0, settle = std::exchange(settle_, false);
    if (gap) batch.rows.insert(batch.rows.begin(), gap_row(batch.gap));
    const auto keep = keep_;
    const auto max_size = max_size_;
    const bool limits = std::exchange(limits_, false);
    busy_since_ = Clock::now();
    busy_with_ = batch.rows.size();
    lock.unlock();

    auto r = use_file(batch, settle);
    const bool wrote = static_cast<bool>(r);
    if (wrote) untrimmed_ += batch.rows.size();
    if (wrote && (limits || more_to_trim_ || untrimmed_ >= HistoryFile::kPiece ||
                  Clock::now() - trimmed_ > kTrimEvery))
        r = trim(keep, max_size);
    const auto set_aside = file_.set_aside();

    lock.lock();
    busy_since_.reset();
    busy_with_ = 0;
    if (!set_aside.empty()) tell(set_aside);
    if (wrote) {
        written_ += batch.rows.size() - (gap ? 1 : 0);
    } else {
        settle_ = settle_ || settle;
        limits_ = limits_ || limits;
        if (gap) batch.rows.erase(batch.rows.begin()); // it is made anew, with what is dropped until then
        queue_.give_back(std::move(batch));
    }
    if (r)
        succeeded();
    else if (!set_aside.empty())
        not_before_ = Clock::now(); // a new file is begun at once
    else
        failed(r.error().text());
    changed_.notify_all();
}

// Opens the file if it is not open, and writes.
Result<> HistoryWriter::use_file(const HistoryQueue::Batch& batch, bool forget_earlier) {
    too_early_ = false;
    if (!file_) {
        auto r = file_.open();
        too_early_ = !r && file_.too_early();
        if (!r) return r;
    }
    if (!gave_earlier_) {
        auto earlier = file_.earlier();
        if (!earlier) return earlier.error();
        gave_earlier_ = true;
        if (!earlier->empty()) {
            const std::lock_guard lock{mutex_};
            earlier_ = std::move(*earlier);
            eventfd_write(wake_.get(), 1);
        }
    }
    if (!batch.rows.empty() || !batch.remembered.empty() || batch.whole)
        if (auto r = file_.write(batch.rows, batch.remembered, batch.whole); !r) return r;
    if (forget_earlier) return file_.forget_earlier();
    return {};
}

Result<> HistoryWriter::trim(std::chrono::seconds keep, std::uint64_t max_size) {
    // More than was written, or the file would grow for as long as much comes.
    const auto pieces = 2 + std::exchange(untrimmed_, 0) / HistoryFile::kPiece;
    more_to_trim_ = true;
    for (std::size_t i = 0; i < pieces && more_to_trim_; ++i) {
        const auto more = file_.trim(std::chrono::system_clock::now(), keep, max_size);
        trimmed_ = Clock::now();
        more_to_trim_ = more && *more;
        if (!more) return more.error();
    }
    return {};
}

void HistoryWriter::succeeded() {
    wait_ = std::min(kFirstRetry, options_.retry);
    not_before_ = Clock::now() + kPace;
    if (queue_.empty() && !settle_ && !limits_) at_once_ = false;
    tell({});
}

void HistoryWriter::failed(const std::string& why) {
    ++failures_;
    at_once_ = false;
    const auto now = Clock::now();
    not_before_ = now + wait_;
    wait_ = std::min(2 * wait_, options_.retry);
    if (!too_early_ || now - started_ >= options_.mount_patience) tell(escape(why));
}

} // namespace dmev
