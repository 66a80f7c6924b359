// SPDX-License-Identifier: Apache-2.0
// The dispatcher's end of the way to the history, with a process that is played here.
#include "service/archive.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "model/event_json.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;
using Rows = std::vector<Remembered>;

Event event_of(int n, std::size_t size = 0) {
    Event event;
    event.id = std::to_string(n);
    event.type = "thin.low_water";
    event.message = std::string(size, 'x');
    return event;
}

// One life of the process: its end of the socket.
struct Process {
    std::optional<StoreOrder> take() { // what is there
        for (;;) {
            if (const auto frame = in.next()) {
                auto order = decode_store_order(*frame);
                EXPECT_TRUE(order);
                return order;
            }
            char buffer[65536];
            const auto n = recv(socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
            if (n <= 0) return std::nullopt;
            in.add({buffer, static_cast<std::size_t>(n)});
        }
    }
    void say(const StoreReport& report) { write_frame(socket.get(), encode(report)); }

    Fd socket;
    FrameBuffer in;
};

struct ArchiveTest : testing::Test {
    ArchiveTest() : loop(std::move(*Loop::create())) {}

    void open() {
        StoreSetup setup;
        setup.boot_id = "boot";
        archive = std::make_unique<Archive>(
            loop, setup,
            Archive::Ports{.process = [this] { return new_process(); },
                           .everything = [this] { return everything; },
                           .state = [this](const std::string& why) { states.push_back(why); },
                           .remembered =
                               [this](Rows&& rows) {
                                   remembered.push_back(std::move(rows));
                                   archive->earlier_settled();
                               }},
            1ms);
    }
    Result<Fd> new_process() {
        ++asked;
        if (refuses) return Error{ErrorKind::failed, "no process", "", "none is to be had", ""};
        int pair[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        process = {Fd{pair[1]}, {}};
        ++lives;
        return Fd{pair[0]};
    }
    // Lets the loop turn until IS, or for ever and a day.
    template <class Is>
    bool until(Is is) {
        const auto end = Loop::Clock::now() + 60s;
        while (!is()) {
            if (Loop::Clock::now() > end) return false;
            EXPECT_TRUE(loop.step(10ms));
        }
        return true;
    }
    // The next that the process is told, which is an ORDER.
    template <class Order>
    Order next() {
        std::optional<StoreOrder> order;
        EXPECT_TRUE(until([&] { return (order = process.take()).has_value(); }));
        const bool is = order && std::holds_alternative<Order>(*order);
        EXPECT_TRUE(is) << (order ? static_cast<int>(order->index()) : -1);
        return is ? std::get<Order>(*order) : Order{};
    }
    int next_event() { return std::stoi(parse_event(next<StoreEvent>().json)->id); }
    void expect_greeting(int life) {
        ASSERT_TRUE(until([&] { return lives == life; }));
        EXPECT_EQ(next<StoreSetup>().boot_id, "boot");
        EXPECT_EQ(next<StoreRemember>().changes, everything);
    }
    // More than what may wait; how many events that is.
    int fill() {
        int n = 0;
        for (std::size_t bytes = 0; bytes < Archive::most_waiting + (4 << 20); bytes += 100'000)
            archive->event(event_of(n++, 100'000));
        for (int i = 0; i < 1000; ++i) archive->event(event_of(n++));
        return n;
    }
    // What the process was told until the row "end" came and nothing was missing of EVENTS.
    struct Told {
        int events = 0, settled = 0, limits = 0;
        std::uint64_t lost = 0;
        std::map<std::string, std::string> rows;
    };
    Told take_all(int events) {
        Told told;
        while (told.rows.count("end") == 0 || told.events + told.lost < static_cast<unsigned>(events)) {
            std::optional<StoreOrder> order;
            if (!until([&] { return (order = process.take()).has_value(); })) break;
            if (const auto* lost = std::get_if<StoreLost>(&*order)) told.lost += lost->rows;
            if (const auto* remember = std::get_if<StoreRemember>(&*order))
                for (const auto& [kind, key, value] : remember->changes) told.rows[kind + key] = value;
            told.events += std::holds_alternative<StoreEvent>(*order);
            told.settled += std::holds_alternative<StoreSettled>(*order);
            told.limits += std::holds_alternative<StoreLimits>(*order);
        }
        return told;
    }

    Loop loop;
    Process process;
    bool refuses = false;
    int lives = 0, asked = 0;
    Rows everything{{"run", "1", "a"}};
    std::vector<std::string> states;
    std::vector<Rows> remembered;
    std::unique_ptr<Archive> archive;
};

TEST_F(ArchiveTest, TellsSetupThenEverythingThenWhatComes) {
    open();
    archive->event(event_of(1)); // before the loop has turned
    archive->decision(Time{1s}, "1", "{}");
    archive->remember({});
    archive->remember({{"run", "2", "b"}});
    archive->limit(7s, 8);
    expect_greeting(1);
    EXPECT_EQ(next<StoreEvent>().json, event_json(event_of(1)));
    EXPECT_EQ(next<StoreDecision>().event_id, "1");
    EXPECT_EQ(next<StoreRemember>().changes, (Rows{{"run", "2", "b"}}));
    const auto limits = next<StoreLimits>();
    EXPECT_EQ(limits.keep, 7s);
    EXPECT_EQ(limits.max_size, 8u);
    EXPECT_TRUE(states.empty());
}

TEST_F(ArchiveTest, TellsEachStateOnceAndWhatAnEarlierBootLeft) {
    open();
    expect_greeting(1);
    for (const auto* why : {"", "full", "full"}) process.say(StoreState{why});
    process.say(StoreMemory{{{"lane", "1", "x"}}});
    process.say(StoreState{""});
    ASSERT_TRUE(until([&] { return states.size() == 2; }));
    EXPECT_EQ(states, (std::vector<std::string>{"full", ""}));
    EXPECT_EQ(remembered, (std::vector<Rows>{{{"lane", "1", "x"}}}));
    next<StoreSettled>();
}

// Nobody waits for it; what found no room is counted, but what is remembered and settled is not lost.
TEST_F(ArchiveTest, WhatAProcessThatDoesNotReadMissesIsCounted) {
    open();
    const auto events = fill();
    for (int i = 0; i < 200; ++i) archive->remember({{"run", "late", std::to_string(i)}});
    archive->earlier_settled();
    archive->limit(7s, 8);
    archive->remember({{"end", "", "!"}});
    expect_greeting(1);
    const auto told = take_all(events);
    EXPECT_GT(told.lost, 30u);
    EXPECT_EQ(told.events + told.lost, static_cast<unsigned>(events));
    EXPECT_EQ(told.rows.at("runlate"), "199");
    EXPECT_EQ(told.settled, 1);
    EXPECT_EQ(told.limits, 1);
    archive->event(event_of(5));
    EXPECT_EQ(next_event(), 5);
}

TEST_F(ArchiveTest, SuccessorIsToldEverythingAnewThenWhatItsPredecessorDidNotTake) {
    open();
    expect_greeting(1);
    archive->event(event_of(1));
    EXPECT_EQ(next_event(), 1);
    for (int n = 2; n < 9; ++n) archive->event(event_of(n, 400'000)); // more than the socket holds
    EXPECT_EQ(next_event(), 2);
    everything.push_back({"run", "2", "b"});
    process.socket.reset();
    expect_greeting(2);
    EXPECT_EQ(states, std::vector<std::string>{"the process that writes it has ended"});
    auto n = next_event(); // what was on the way is lost with it
    EXPECT_LT(n, 7);
    while (n < 8) {
        const auto before = n;
        ASSERT_EQ(n = next_event(), before + 1);
    }
    process.say(StoreState{""});
    ASSERT_TRUE(until([&] { return states.size() == 2; }));
    EXPECT_EQ(states[1], "");
}

TEST_F(ArchiveTest, ThoseThatDieAtOnceLeaveNothingBehind) {
    everything.assign(5000, {"run", "1", std::string(1000, 'v')}); // more than the socket holds
    open();
    archive->event(event_of(1));
    for (int life = 1; life < 20; ++life) {
        ASSERT_TRUE(until([&] { return lives == life; }));
        ASSERT_TRUE(loop.step(0ms));
        process.socket.reset();
    }
    ASSERT_TRUE(until([&] { return lives == 20; }));
    next<StoreSetup>();
    std::size_t rows = 0;
    while (rows < everything.size()) rows += next<StoreRemember>().changes.size();
    EXPECT_EQ(next_event(), 1);
    EXPECT_EQ(states.size(), 1u);
}

TEST_F(ArchiveTest, NoProcessIsToldAndTriedAgain) {
    refuses = true;
    open();
    archive->event(event_of(1));
    ASSERT_TRUE(until([&] { return asked == 3; }));
    ASSERT_EQ(states.size(), 1u);
    EXPECT_NE(states[0].find("none is to be had"), std::string::npos) << states[0];
    refuses = false;
    expect_greeting(1);
    EXPECT_EQ(next_event(), 1);
}

TEST_F(ArchiveTest, WhatAnEarlierBootLeftIsTakenOverOnce) {
    open();
    for (int life = 1; life < 4; ++life) {
        expect_greeting(life);
        process.say(StoreMemory{{{"lane", "1", "x"}}});
        next<StoreSettled>();
        process.socket.reset();
    }
    EXPECT_EQ(remembered.size(), 1u);
}

TEST_F(ArchiveTest, NonsenseIsItsEnd) {
    open();
    int life = 0;
    for (const auto& bytes : {framed("\xFF"), std::string(8, '\xFF')}) {
        expect_greeting(++life);
        write_frame(process.socket.get(), bytes);
        ASSERT_TRUE(until([&] { return lives > life; }));
        EXPECT_EQ(states, std::vector<std::string>{"the process that writes it talks nonsense"});
    }
}

// It was asked to go, and somebody comes in its place.
TEST_F(ArchiveTest, OneThatLeavesHasNotFailed) {
    open();
    expect_greeting(1);
    process.say(StoreLeaving{});
    process.socket.reset();
    archive->event(event_of(1));
    expect_greeting(2);
    EXPECT_EQ(next_event(), 1);
    EXPECT_TRUE(states.empty());
}

TEST_F(ArchiveTest, DrainWaitsForWhatIsWritten) {
    open();
    const auto events = fill();
    int read = 0;
    std::uint64_t lost = 0;
    std::thread reader{[&] {
        FrameBuffer in;
        char buffer[65536];
        for (ssize_t n; (n = recv(process.socket.get(), buffer, sizeof buffer, 0)) > 0;) {
            in.add({buffer, static_cast<std::size_t>(n)});
            while (const auto frame = in.next()) {
                const auto order = decode_store_order(*frame);
                read += order && std::holds_alternative<StoreEvent>(*order);
                if (order && std::holds_alternative<StoreLost>(*order))
                    lost += std::get<StoreLost>(*order).rows;
            }
        }
        process.socket.reset();
    }};
    EXPECT_TRUE(archive->drain(60s));
    reader.join();
    EXPECT_GT(lost, 30u);
    EXPECT_EQ(read + lost, static_cast<unsigned>(events));
}

TEST_F(ArchiveTest, DrainGivesUpWhenItsTimeIsOver) {
    open();
    fill();
    const auto begin = Loop::Clock::now();
    EXPECT_FALSE(archive->drain(50ms));
    EXPECT_GE(Loop::Clock::now() - begin, 50ms);
    EXPECT_LT(Loop::Clock::now() - begin, 30s);
}

TEST_F(ArchiveTest, DrainDoesNotTakeADeathForAnEnd) {
    open();
    fill();
    process.socket.reset();
    EXPECT_FALSE(archive->drain(60s));
}

} // namespace
} // namespace dmev
