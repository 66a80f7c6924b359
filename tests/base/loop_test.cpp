// SPDX-License-Identifier: Apache-2.0
#include "base/loop.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>

#include <optional>
#include <string>

namespace dmev {
namespace {

using namespace std::chrono_literals;

struct LoopTest : testing::Test {
    std::optional<Loop> loop;
    Fd reader, writer;

    void SetUp() override {
        auto created = Loop::create();
        ASSERT_TRUE(created);
        loop.emplace(*std::move(created));
        int ends[2];
        ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
        reader = Fd{ends[0]};
        writer = Fd{ends[1]};
    }
    void poke() { ASSERT_EQ(write(writer.get(), "x", 1), 1); }
    void drain() {
        char c;
        ASSERT_EQ(read(reader.get(), &c, 1), 1);
    }
};

TEST_F(LoopTest, CallsTheHandlerWhenTheDescriptorIsReady) {
    int calls = 0;
    ASSERT_TRUE(loop->watch(reader.get(), EPOLLIN, [&](std::uint32_t events) {
        EXPECT_TRUE(events & EPOLLIN);
        drain();
        ++calls;
    }));
    ASSERT_TRUE(loop->step(0ms));
    EXPECT_EQ(calls, 0);
    poke();
    ASSERT_TRUE(loop->step(10s));
    EXPECT_EQ(calls, 1);
    ASSERT_TRUE(loop->step(0ms));
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, AHandlerMayForgetItself) {
    int calls = 0;
    ASSERT_TRUE(loop->watch(reader.get(), EPOLLIN, [&](std::uint32_t) {
        loop->forget(reader.get());
        ++calls; // its captures are still there
    }));
    poke();
    ASSERT_TRUE(loop->step(10s));
    ASSERT_TRUE(loop->step(0ms));
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, AHandlerMayForgetAnotherThatIsReadyToo) {
    Fd second{dup(reader.get())};
    int calls = 0;
    const auto forget_other = [&](int other) {
        return [&, other](std::uint32_t) {
            loop->forget(other);
            ++calls;
        };
    };
    ASSERT_TRUE(loop->watch(reader.get(), EPOLLIN, forget_other(second.get())));
    ASSERT_TRUE(loop->watch(second.get(), EPOLLIN, forget_other(reader.get())));
    poke();
    ASSERT_TRUE(loop->step(10s));
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, WhatIsWatchedForCanChange) {
    int calls = 0;
    ASSERT_TRUE(loop->watch(writer.get(), 0, [&](std::uint32_t events) {
        EXPECT_TRUE(events & EPOLLOUT);
        ++calls;
    }));
    ASSERT_TRUE(loop->step(0ms));
    EXPECT_EQ(calls, 0);
    ASSERT_TRUE(loop->change(writer.get(), EPOLLOUT));
    ASSERT_TRUE(loop->step(10s));
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, ABadDescriptorIsAnError) {
    const auto r = loop->watch(-1, EPOLLIN, [](std::uint32_t) {});
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().text(), "cannot watch descriptor -1: Bad file descriptor");
    EXPECT_FALSE(loop->change(reader.get(), EPOLLIN));
}

TEST_F(LoopTest, TimersFireInOrderOnceAndNotEarly) {
    std::string order;
    const auto begin = Loop::Clock::now();
    loop->after(6ms, [&] {
        order += 'c';
        loop->stop();
    });
    loop->after(3ms, [&] { order += 'b'; });
    loop->after(0ms, [&] { order += 'a'; });
    loop->after(-1h, [&] { order += '-'; });
    ASSERT_TRUE(loop->run());
    EXPECT_EQ(order, "-abc");
    EXPECT_GE(Loop::Clock::now() - begin, 6ms);
}

TEST_F(LoopTest, ACancelledTimerDoesNotFire) {
    bool fired = false;
    Loop::TimerId later = 0;
    loop->after(0ms, [&] { loop->cancel(later); }); // by an earlier one of the same round
    later = loop->after(0ms, [&] { fired = true; });
    loop->cancel(12345); // unknown: nothing happens
    ASSERT_TRUE(loop->step(10s));
    ASSERT_TRUE(loop->step(0ms));
    EXPECT_FALSE(fired);
}

TEST_F(LoopTest, ATimerThatSetsItselfAgainStarvesNobody) {
    int rounds = 0;
    std::function<void()> again = [&] {
        ++rounds;
        loop->after(0ms, again);
    };
    loop->after(0ms, again);
    ASSERT_TRUE(loop->watch(reader.get(), EPOLLIN, [&](std::uint32_t) { loop->stop(); }));
    poke();
    ASSERT_TRUE(loop->run());
    EXPECT_LE(rounds, 2);
}

} // namespace
} // namespace dmev
