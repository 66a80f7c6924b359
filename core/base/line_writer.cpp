// SPDX-License-Identifier: Apache-2.0
// The thread waits in poll() before each write and writes no more than a pipe takes without blocking, so that
// it can end in time. Every signal is blocked in it: none of the program's handlers runs there, and even the
// SIGPIPE of a write (which the program ignores anyway) stays pending and goes with the thread.
#include "base/line_writer.hpp"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string_view>

namespace dmev {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kGrace = std::chrono::milliseconds{1000};
// Enough for write() and a callback that logs; sanitizers need more than the minimum.
constexpr std::size_t kStack = 256 << 10;

std::size_t count_lines(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// Shared by the caller and the thread; the last of them lets it go, since a thread that is stuck in the
// kernel is left behind.
class Queue {
 public:
    using Options = LineWriter::Options;
    Queue(Fd fd, std::string name, std::function<void(int, const std::string&)> on_failure, Options options)
        : fd_(std::move(fd)), name_(std::move(name)), failed_(std::move(on_failure)), options_(options) {
        struct stat st {};
        // A regular file is always ready; anything else takes at least this much when poll() says so.
        if (fstat(fd_.get(), &st) == 0 && S_ISREG(st.st_mode)) chunk_ = 1 << 20;
    }

    // ---- the caller's side ----

    void write(std::string&& lines) {
        std::unique_lock lock{mutex_};
        if (ended_ || queued_.size() + writing_ + lines.size() > options_.max_queued_bytes) {
            dropped_ += count_lines(lines);
            return;
        }
        if (queued_.empty())
            queued_ = std::move(lines);
        else
            queued_ += lines;
        lock.unlock(); // or the thread would wake up to wait for us
        changed_.notify_all();
    }

    void flush() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return ended_ || (queued_.empty() && writing_ == 0); });
    }

    std::size_t dropped() const {
        const std::lock_guard lock{mutex_};
        return dropped_;
    }

    // True when the thread came to its end in time.
    bool stop() {
        std::unique_lock lock{mutex_};
        deadline_ = Clock::now() + kGrace;
        changed_.notify_all();
        eventfd_write(wake_.get(), 1);
        return changed_.wait_until(lock, *deadline_ + kGrace / 4, [this] { return ended_; });
    }

    // Could not be started: what is given is dropped.
    void fail(int errno_value) {
        end();
        failed_(errno_value, name_);
    }

    // ---- the thread's side ----

    void run() {
        std::unique_lock lock{mutex_};
        for (;;) {
            changed_.wait(lock, [this] { return !queued_.empty() || deadline_; });
            if (queued_.empty()) break;
            const std::string batch = std::exchange(queued_, {});
            writing_ = batch.size();
            lock.unlock();
            const auto lost = put_lines(batch);
            lock.lock();
            writing_ = 0;
            dropped_ += lost;
            changed_.notify_all();
        }
        lock.unlock();
        put_owed();
        end();
    }

 private:
    void end() {
        const std::lock_guard lock{mutex_};
        ended_ = true;
        changed_.notify_all();
    }

    // Writes what it can of LINES; how many were dropped.
    std::size_t put_lines(std::string_view lines) {
        std::size_t lost = 0;
        while (!lines.empty()) {
            if (!put_owed()) {
                // Half a line is out there: nothing may follow before its rest.
                lines.remove_prefix(first_line(lines));
                ++lost;
                continue;
            }
            const auto written = put(lines);
            if (written == lines.size()) break;
            // What was interrupted: a line that had begun is owed, one that had not is dropped.
            const auto begun = lines.substr(0, written).rfind('\n') + 1; // 0 when there is none
            lines.remove_prefix(begun);
            const auto end = first_line(lines);
            if (written > begun && !reader_gone_)
                owed_ = lines.substr(written - begun, end - (written - begun));
            else
                ++lost;
            lines.remove_prefix(end);
        }
        return lost;
    }

    static std::size_t first_line(std::string_view lines) {
        return std::min(lines.find('\n'), lines.size() - 1) + 1;
    }

    // The rest of a line whose beginning was written. Another reader of a FIFO has no use for it.
    bool put_owed() {
        if (std::exchange(reader_gone_, false)) owed_.clear();
        if (owed_.empty()) return true;
        owed_.erase(0, put(owed_));
        return owed_.empty();
    }

    // Writes until all is written, an error (which is told if it is the first), or the deadline.
    std::size_t put(std::string_view bytes) {
        std::size_t done = 0;
        while (done < bytes.size()) {
            if (!wait_until_ready()) return done;
            const auto n = ::write(fd_.get(), bytes.data() + done, std::min(bytes.size() - done, chunk_));
            if (n > 0) {
                const auto piece = bytes.substr(done, static_cast<std::size_t>(n));
                if (piece.find('\n') != std::string_view::npos) failing_ = false; // a line got through
                done += piece.size();
            } else if (n < 0 && errno != EINTR && errno != EAGAIN) {
                reader_gone_ = errno == EPIPE;
                if (!std::exchange(failing_, true)) failed_(errno, name_);
                return done;
            }
        }
        return done;
    }

    // False when the deadline has come: then not even what is ready is written, for it may be slow.
    bool wait_until_ready() {
        for (;;) {
            if (fd_.get() < 0) return true;
            pollfd fds[2] = {{fd_.get(), POLLOUT, 0}, {wake_.get(), POLLIN, 0}};
            const auto deadline = stop_time();
            int timeout = -1;
            if (deadline) {
                const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now());
                if (left.count() <= 0) return false;
                timeout = static_cast<int>(left.count());
                fds[1].fd = -1; // it has told what it had to tell
            }
            if (poll(fds, 2, timeout) > 0 && fds[0].revents != 0)
                return true; // also errors: write() names them
        }
    }

    std::optional<Clock::time_point> stop_time() const {
        const std::lock_guard lock{mutex_};
        return deadline_;
    }

    const Fd fd_;
    const std::string name_;
    const std::function<void(int, const std::string&)> failed_;
    const Options options_;
    const Fd wake_{
        eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}; // gets the thread out of poll() to see the deadline
    std::size_t chunk_ = PIPE_BUF;

    mutable std::mutex mutex_; // guards what follows, up to the thread's own
    std::condition_variable changed_;
    std::string queued_;
    std::size_t writing_ = 0; // bytes the thread took and has not finished with
    std::size_t dropped_ = 0;
    bool ended_ = false;
    std::optional<Clock::time_point> deadline_; // set: the end is near

    std::string owed_; // the thread's own from here on
    bool failing_ = false;
    bool reader_gone_ = false;
};

// Keeps the queue until it returns.
void* thread_main(void* argument) {
    const std::unique_ptr<std::shared_ptr<Queue>> queue{static_cast<std::shared_ptr<Queue>*>(argument)};
    (*queue)->run();
    return nullptr;
}

// 0 or an errno value.
int start_thread(pthread_t& thread, const std::shared_ptr<Queue>& queue) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStack);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    auto argument = std::make_unique<std::shared_ptr<Queue>>(queue);
    const int error = pthread_create(&thread, &attributes, thread_main, argument.get());
    if (error == 0) static_cast<void>(argument.release());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
    return error;
}

} // namespace

struct LineWriter::Impl {
    std::shared_ptr<Queue> queue;
    pthread_t thread{};
    bool started = false;
};

LineWriter::LineWriter(Fd fd, std::string name, std::function<void(int, const std::string&)> failed,
                       Options options)
    : impl_(std::make_unique<Impl>()) {
    impl_->queue = std::make_shared<Queue>(std::move(fd), std::move(name), std::move(failed), options);
    const int error = start_thread(impl_->thread, impl_->queue);
    impl_->started = error == 0;
    if (!impl_->started) impl_->queue->fail(error);
}

LineWriter::~LineWriter() {
    if (!impl_->started) return;
    if (impl_->queue->stop())
        pthread_join(impl_->thread, nullptr);
    else
        pthread_detach(impl_->thread);
}

void LineWriter::write(std::string&& lines) { impl_->queue->write(std::move(lines)); }
void LineWriter::flush() { impl_->queue->flush(); }
std::size_t LineWriter::dropped() const { return impl_->queue->dropped(); }

} // namespace dmev
