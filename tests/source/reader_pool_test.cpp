// SPDX-License-Identifier: Apache-2.0
// Real processes as readers, which answer without asking any kernel.
#include "source/reader_pool.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <utility>

namespace dmev {
namespace {

using namespace std::chrono_literals;

// Device 1 of any major: gone. Any other: no answer, ever.
int answer(int socket) {
    FrameBuffer in;
    bool set_up = false;
    char buffer[4096];
    for (;;) {
        const auto n = read(socket, buffer, sizeof buffer);
        if (n <= 0) return 0;
        in.add({buffer, static_cast<std::size_t>(n)});
        while (const auto frame = in.next()) {
            if (!std::exchange(set_up, true)) continue;
            const auto request = decode_request(*frame);
            if (!request || request->device.minor != 1) continue;
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
    ReaderPool::Handlers handlers{[&](ReadReply&& reply) { replied.push_back(reply.id); },
                                  [](std::uint32_t call) { FAIL() << "lost " << call; }, [] {}};
    ASSERT_TRUE(pool.start(*loop, std::move(handlers)));
    pool.ask({7, {253, 2}, false, {}});
    pool.ask({8, {253, 1}, false, {}});
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

} // namespace
} // namespace dmev
