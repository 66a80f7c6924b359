// SPDX-License-Identifier: Apache-2.0
#include "base/log_queue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace dmev {
namespace {

using Clock = std::chrono::steady_clock;
using Lines = std::vector<std::string>;

// Takes lines, or hangs while it is shut. Shared with the thread, which may outlive a test.
class Reader {
 public:
    void take(const LogLine& line) {
        std::unique_lock lock{mutex_};
        ++arrived_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !shut_; });
        lines_.push_back((line.sink == log::Sink::system ? "system: " : "") + line.text);
    }
    void shut(bool shut) {
        const std::lock_guard lock{mutex_};
        shut_ = shut;
        changed_.notify_all();
    }
    // Until the thread came with its Nth line, which it may hang with.
    void await(std::size_t n) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return arrived_ >= n; });
    }
    Lines lines() {
        const std::lock_guard lock{mutex_};
        return lines_;
    }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t arrived_ = 0;
    bool shut_ = false;
    Lines lines_;
};

struct LogQueueTest : testing::Test {
    std::shared_ptr<Reader> reader = std::make_shared<Reader>();
    std::unique_ptr<LogQueue> queue;

    void start(LogQueue::Bounds bounds = {}) {
        queue = LogQueue::start([reader = reader](const LogLine& line) { reader->take(line); }, bounds);
        ASSERT_TRUE(queue);
    }
    void push(std::string text, log::Sink sink = log::Sink::standard_error) {
        queue->push({sink, log::Level::info, std::move(text)});
    }
    // The thread hangs in the line "stuck", and the queue is empty.
    void get_stuck() {
        reader->shut(true);
        push("stuck");
        reader->await(1);
    }
    Clock::duration time_of(auto&& what) {
        const auto begin = Clock::now();
        what();
        return Clock::now() - begin;
    }
};

TEST_F(LogQueueTest, DrainWritesEverythingInOrder) {
    start();
    Lines all;
    for (int i = 0; i < 4000; ++i) {
        all.push_back(std::to_string(i));
        push(all.back());
    }
    queue->drain();
    EXPECT_EQ(reader->lines(), all);
}

TEST_F(LogQueueTest, ALineIsWrittenAtOnce) {
    start();
    push("a");
    reader->await(1); // without a drain, or a second line
}

TEST_F(LogQueueTest, WhatIsDroppedIsToldInItsPlace) {
    start({.lines = 2});
    get_stuck();
    push("1");
    push("2");
    push("3");
    push("4", log::Sink::system);
    reader->shut(false);
    queue->drain();
    push("5");
    queue->drain();
    EXPECT_EQ(reader->lines(), (Lines{"stuck", "1", "2", "system: 2 lines of the log were dropped", "5"}));
}

// A gap stays one gap: no line is written out of the middle of what was dropped.
TEST_F(LogQueueTest, OnceFullNothingIsTakenUntilTheRestIsWritten) {
    start({.bytes = 10});
    get_stuck();
    push("12345678");
    push("too long");
    push("9");
    reader->shut(false);
    queue->drain();
    push("after");
    queue->drain();
    EXPECT_EQ(reader->lines(), (Lines{"stuck", "12345678", "2 lines of the log were dropped", "after"}));
}

TEST_F(LogQueueTest, ALineBeyondTheBoundIsDroppedAlone) {
    start({.bytes = 10});
    push("12345678901");
    queue->drain();
    push("1234567890");
    queue->drain();
    EXPECT_EQ(reader->lines(), (Lines{"1 line of the log was dropped", "1234567890"}));
}

TEST_F(LogQueueTest, DrainWaitsASecondForAReaderThatHangs) {
    start();
    get_stuck();
    push("more");
    const auto took = time_of([this] { queue->drain(); });
    EXPECT_GE(took, std::chrono::milliseconds{800});
    EXPECT_LT(took, std::chrono::seconds{3});
    EXPECT_TRUE(reader->lines().empty());
    // It has had its second.
    EXPECT_LT(time_of([this] { queue->drain(); }), std::chrono::milliseconds{500});
    reader->shut(false);
    queue->drain(); // may not wait for the line that took so long
    reader->await(2);
}

TEST_F(LogQueueTest, TheEndLeavesAThreadThatHangsBehind) {
    start();
    get_stuck();
    push("never written");
    EXPECT_LT(time_of([this] { queue.reset(); }), std::chrono::seconds{3});
    reader->shut(false);
}

TEST_F(LogQueueTest, TheEndWritesTheRest) {
    start();
    for (int i = 0; i < 100; ++i) push("x");
    queue.reset();
    EXPECT_EQ(reader->lines().size(), 100u);
}

} // namespace
} // namespace dmev
