// SPDX-License-Identifier: Apache-2.0
#include "action/queue.hpp"

#include <gtest/gtest.h>

namespace dmev {
namespace {

std::uint64_t next(Queue& queue, std::uint32_t slots = 8) {
    const auto entry = queue.next(slots);
    return entry ? entry->run : 0;
}

TEST(Queue, TheMostSevereGoesFirstThenTheOldest) {
    Queue queue;
    queue.add(1, Severity::info, "a");
    queue.add(2, Severity::critical, "b");
    queue.add(4, Severity::warning, "d");
    queue.add(3, Severity::warning, "c");
    EXPECT_EQ(next(queue), 2U);
    EXPECT_EQ(next(queue), 3U);
    EXPECT_EQ(next(queue), 4U);
    EXPECT_EQ(next(queue), 1U);
    EXPECT_EQ(next(queue), 0U);
}

TEST(Queue, OneAtATimeForALockAndNobodyElseWaitsForIt) {
    Queue queue;
    queue.add(1, Severity::critical, "a");
    queue.add(2, Severity::critical, "a");
    queue.add(3, Severity::info, "b");
    EXPECT_EQ(next(queue), 1U);
    EXPECT_EQ(next(queue), 3U);
    EXPECT_EQ(next(queue), 0U);
    EXPECT_EQ(queue.waiting(), 1U);
    queue.give_lock("a");
    EXPECT_EQ(next(queue), 2U);
}

TEST(Queue, SlotsAreBounded) {
    Queue queue;
    for (std::uint64_t run = 1; run <= 3; ++run) queue.add(run, Severity::info, std::to_string(run));
    EXPECT_EQ(next(queue, 2), 1U);
    EXPECT_EQ(next(queue, 2), 2U);
    EXPECT_EQ(next(queue, 2), 0U);
    queue.give_slot();
    EXPECT_EQ(next(queue, 2), 3U);
}

TEST(Queue, ALockHeldTwiceIsFreeWhenBothLetGo) {
    Queue queue;
    queue.take_lock("a");
    queue.take_lock("a");
    queue.add(1, Severity::info, "a");
    queue.give_lock("a");
    EXPECT_EQ(next(queue), 0U);
    queue.give_lock("a");
    EXPECT_EQ(next(queue), 1U);
    queue.give_lock("nobody's");
}

TEST(Queue, TheYoungestOfTheLeastSevereIsOneTooMany) {
    Queue queue;
    queue.add(1, Severity::info, "a");
    queue.add(2, Severity::info, "b");
    queue.add(3, Severity::critical, "c");
    EXPECT_FALSE(queue.overflow(3));
    EXPECT_EQ(queue.overflow(2), 2U);
    EXPECT_EQ(queue.overflow(1), 1U);
    EXPECT_FALSE(queue.overflow(1));
    EXPECT_EQ(next(queue), 3U);
}

} // namespace
} // namespace dmev
