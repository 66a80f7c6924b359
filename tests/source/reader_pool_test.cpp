// SPDX-License-Identifier: Apache-2.0
// Real processes as readers, which answer without asking any kernel.
#include "source/reader_pool.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace dmev {
namespace {

using namespace std::chrono_literals;

// Device 1 of any major: gone. Any other: no answer, ever, and nothing after it.
int answer(int socket) {
    FrameBuffer in;
    bool set_up = false, hangs = false;
    char buffer[4096];
    for (;;) {
        const auto n = read(socket, buffer, sizeof buffer);
        if (n <= 0) return 0;
        in.add({buffer, static_cast<std::size_t>(n)});
        while (const auto frame = in.next()) {
            if (!std::exchange(set_up, true)) continue;
            const auto request = decode_request(*frame);
            hangs = hangs || !request || request->device.minor != 1;
            if (hangs) continue;
            ReadReply reply;
            reply.id = request->id;
            reply.outcome = ReadOutcome::gone;
            const auto bytes = encode(reply);
            if (write(socket, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return 1;
        }
    }
}

TEST(ReaderPool, HearsWhoAnsweredThoughTheLoopDoesNotTurn) {
    auto launcher = Launcher::start(answer);
    ASSERT_TRUE(launcher);
    auto loop = Loop::create();
    ASSERT_TRUE(loop);
    ReaderPool pool{*launcher, {}, 2};
    std::vector<std::uint32_t> replied;
    ReaderPool::Handlers handlers;
    handlers.replied = [&](std::vector<ReadReply>&& replies) {
        for (const auto& reply : replies) replied.push_back(reply.id);
    };
    handlers.lost = [](std::uint32_t call) { FAIL() << "lost " << call; };
    ASSERT_TRUE(pool.start(*loop, std::move(handlers)));
    pool.ask({7, {253, 2}, false, {}, {}});
    pool.ask({8, {253, 1}, false, {}, {}});
    pool.send();
    EXPECT_FALSE(pool.idle());
    const auto patience = std::chrono::steady_clock::now() + 20s;
    while (replied.empty() && std::chrono::steady_clock::now() < patience) {
        poll(nullptr, 0, 1); // the other process's turn
        pool.hear();
    }
    EXPECT_EQ(replied, std::vector<std::uint32_t>{8});
    EXPECT_TRUE(pool.idle()) << "who has answered may be asked";
    EXPECT_EQ(pool.usable(), 2u);
}

// What becomes of calls, in words.
struct Heard {
    std::vector<std::string> lines;
    ReaderPool::Handlers handlers() {
        ReaderPool::Handlers result;
        result.replied = [this](std::vector<ReadReply>&& replies) {
            for (const auto& reply : replies) lines.push_back("replied " + std::to_string(reply.id));
        };
        result.begun = [this](std::uint32_t call) { lines.push_back("begun " + std::to_string(call)); };
        result.lost = [this](std::uint32_t call) { lines.push_back("lost " + std::to_string(call)); };
        result.withdrawn = [this](std::uint32_t call) {
            lines.push_back("withdrawn " + std::to_string(call));
        };
        result.changed = [this] { lines.push_back("changed"); };
        return result;
    }
};
using Lines = std::vector<std::string>;

template <class Done>
void hear(ReaderPool& pool, Done done) {
    const auto patience = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < patience) {
        poll(nullptr, 0, 1); // the other process's turn
        pool.hear();
    }
}

TEST(ReaderPool, OneThatHangsGivesBackWhatItHasNotBegun) {
    auto launcher = Launcher::start(answer);
    ASSERT_TRUE(launcher);
    auto loop = Loop::create();
    ASSERT_TRUE(loop);
    ReaderPool pool{*launcher, {}, 1};
    Heard heard;
    ASSERT_TRUE(pool.start(*loop, heard.handlers()));
    EXPECT_TRUE(pool.ask({1, {253, 1}, false, {}, {}}));
    EXPECT_FALSE(pool.ask({2, {253, 2}, false, {}, {}})) << "it waits";
    EXPECT_FALSE(pool.ask({3, {253, 1}, false, {}, {}}));
    pool.send();
    EXPECT_FALSE(pool.idle());
    EXPECT_TRUE(pool.room());
    hear(pool, [&] { return heard.lines.size() >= 2; });
    EXPECT_EQ(heard.lines, (Lines{"begun 2", "replied 1"}));
    heard.lines.clear();
    pool.give_up(2);
    EXPECT_EQ(heard.lines, (Lines{"withdrawn 3"}));
    EXPECT_FALSE(pool.room());
    EXPECT_EQ(pool.usable(), 0u);
    pool.refill();
    EXPECT_EQ(pool.usable(), 1u);
    heard.lines.clear();
    EXPECT_TRUE(pool.ask({4, {253, 1}, false, {}, {}})) << "the new one";
    pool.send();
    hear(pool, [&] { return !heard.lines.empty(); });
    EXPECT_EQ(heard.lines, (Lines{"replied 4"}));
}

TEST(ReaderPool, OneIsAskedSoMuchInAdvanceAndNoMore) {
    auto launcher = Launcher::start(answer);
    ASSERT_TRUE(launcher);
    auto loop = Loop::create();
    ASSERT_TRUE(loop);
    ReaderPool pool{*launcher, {}, 2};
    Heard heard;
    ASSERT_TRUE(pool.start(*loop, heard.handlers()));
    std::uint32_t asked = 0, begun = 0;
    while (pool.room() && asked < 100) begun += pool.ask({++asked, {253, 1}, false, {}, {}});
    EXPECT_EQ(begun, 2u) << "both";
    EXPECT_EQ(asked, 32u);
    pool.send();
    // The loop hears of them, by time for as long as there are many, and by itself of the last.
    const auto patience = std::chrono::steady_clock::now() + 20s;
    const auto replies = [&] {
        return std::count_if(heard.lines.begin(), heard.lines.end(),
                             [](const auto& l) { return l[0] == 'r'; });
    };
    const auto loop_until = [&](long count) {
        while (replies() < count && std::chrono::steady_clock::now() < patience) ASSERT_TRUE(loop->step(1s));
    };
    loop_until(32);
    EXPECT_EQ(replies(), 32);
    EXPECT_TRUE(pool.idle());
    pool.ask({++asked, {253, 1}, false, {}, {}});
    pool.send();
    loop_until(33);
    EXPECT_EQ(heard.lines.back(), "replied 33");
}

} // namespace
} // namespace dmev
