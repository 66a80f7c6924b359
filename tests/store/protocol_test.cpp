// SPDX-License-Identifier: Apache-2.0
#include "store/protocol.hpp"

#include <gtest/gtest.h>

#include <random>

#include "process/frames.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

const std::string kOdd{"a\0b\xFF'\n", 6};

StoreSetup setup() {
    StoreSetup setup;
    setup.options.file = "/var/lib/x/" + kOdd;
    setup.options.keep = 99s;
    setup.options.max_size = 1'000'001;
    setup.options.queue = 7;
    setup.options.queue_bytes = 8;
    setup.options.stalled_after = 9ms;
    setup.options.retry = 10ms;
    setup.options.mount_patience = 11ms;
    setup.boot_id = "boot";
    return setup;
}

std::vector<StoreOrder> orders() {
    return {setup(),
            StoreEvent{R"({"schema":"dmevent/1"})"},
            StoreDecision{Time{Duration{-5}}, kOdd, "{}"},
            StoreRemember{{{"run", kOdd, ""}, {"", "", kOdd}}},
            StoreRemember{},
            StoreLost{UINT64_MAX},
            StoreSettled{},
            StoreLimits{-1s, 3}};
}
std::vector<StoreReport> reports() {
    return {StoreState{kOdd}, StoreState{}, StoreMemory{{{"lane", "1", "{}"}}}, StoreMemory{},
            StoreLeaving{}};
}

// A frame that was made whole, without its length.
template <class Message>
std::string body(const Message& message) {
    FrameBuffer stream;
    stream.add(encode(message));
    const auto frame = stream.next();
    EXPECT_TRUE(frame && !stream.next() && !stream.broken());
    return frame.value_or("");
}

TEST(StoreProtocol, SetupIsTheSameOnTheOtherSide) {
    const auto read = decode_store_order(body(StoreOrder{setup()}));
    ASSERT_TRUE(read && std::holds_alternative<StoreSetup>(*read));
    const auto& [options, boot_id] = std::get<StoreSetup>(*read);
    EXPECT_EQ(options.file, "/var/lib/x/" + kOdd);
    EXPECT_EQ(options.keep, 99s);
    EXPECT_EQ(options.max_size, 1'000'001u);
    EXPECT_EQ(options.queue, 7u);
    EXPECT_EQ(options.queue_bytes, 8u);
    EXPECT_EQ(options.stalled_after, 9ms);
    EXPECT_EQ(options.retry, 10ms);
    EXPECT_EQ(options.mount_patience, 11ms);
    EXPECT_EQ(boot_id, "boot");
}

TEST(StoreProtocol, OrdersSayTheSameAgain) {
    for (const auto& order : orders()) {
        const auto bytes = body(order);
        const auto read = decode_store_order(bytes);
        ASSERT_TRUE(read) << order.index();
        EXPECT_EQ(read->index(), order.index());
        EXPECT_EQ(body(*read), bytes) << order.index();
    }
    const auto decision = decode_store_order(body(orders()[2]));
    EXPECT_EQ(std::get<StoreDecision>(*decision).time, Time{Duration{-5}});
    EXPECT_EQ(std::get<StoreDecision>(*decision).event_id, kOdd);
    const auto remember = decode_store_order(body(orders()[3]));
    EXPECT_EQ(std::get<StoreRemember>(*remember).changes, std::get<StoreRemember>(orders()[3]).changes);
}

TEST(StoreProtocol, ReportsSayTheSameAgain) {
    for (const auto& report : reports()) {
        const auto bytes = body(report);
        const auto read = decode_store_report(bytes);
        ASSERT_TRUE(read) << report.index();
        EXPECT_EQ(read->index(), report.index());
        EXPECT_EQ(body(*read), bytes) << report.index();
    }
    EXPECT_EQ(std::get<StoreMemory>(*decode_store_report(body(reports()[2]))).rows,
              (std::vector<Remembered>{{"lane", "1", "{}"}}));
}

TEST(StoreProtocol, CutAndLengthenedFramesAreNone) {
    const auto check = [](const std::string& bytes, auto decode) {
        for (std::size_t size = 0; size < bytes.size(); ++size)
            EXPECT_FALSE(decode(bytes.substr(0, size))) << size << " of " << bytes.size();
        EXPECT_FALSE(decode(bytes + '\0'));
    };
    for (const auto& order : orders()) check(body(order), decode_store_order);
    for (const auto& report : reports()) check(body(report), decode_store_report);
}

TEST(StoreProtocol, UnknownKindsAndAbsurdLengthsAreNone) {
    for (int kind = std::variant_size_v<StoreOrder>; kind < 256; ++kind)
        EXPECT_FALSE(decode_store_order(std::string(1, static_cast<char>(kind))));
    for (int kind = std::variant_size_v<StoreReport>; kind < 256; ++kind)
        EXPECT_FALSE(decode_store_report(std::string(1, static_cast<char>(kind))));
    for (const char kind : {'\0', '\1', '\3'}) { // a text or a list of 4 thousand millions
        EXPECT_FALSE(decode_store_order(std::string{kind} + std::string(40, '\xFF')));
        EXPECT_FALSE(decode_store_report(std::string{kind} + std::string(40, '\xFF')));
    }
}

// Any frame with some of its bits turned is none, or one that says the same when it is made again.
TEST(StoreProtocol, DamagedFramesAreNoneOrWhole) {
    std::mt19937 random{20260131};
    const auto damage = [&](std::string bytes) {
        for (auto n = 1 + random() % 4; n > 0; --n)
            bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
        return bytes;
    };
    int none = 0, whole = 0;
    for (int turn = 0; turn < 2000; ++turn) {
        for (const auto& order : orders()) {
            const auto bytes = damage(body(order));
            const auto read = decode_store_order(bytes);
            EXPECT_TRUE(!read || body(*read) == bytes);
            ++(read ? whole : none);
        }
        for (const auto& report : reports()) {
            const auto bytes = damage(body(report));
            const auto read = decode_store_report(bytes);
            EXPECT_TRUE(!read || body(*read) == bytes);
        }
    }
    EXPECT_GT(none, 1000);
    EXPECT_GT(whole, 1000);
}

TEST(StoreProtocol, WhatIsTooLongForAFrameIsNotMade) {
    EXPECT_TRUE(encode(StoreOrder{StoreEvent{std::string(max_frame, 'x')}}).empty());
    EXPECT_FALSE(encode(StoreOrder{StoreEvent{std::string(max_frame - 5, 'x')}}).empty());
    FrameBuffer stream;
    stream.add("\xFF\xFF\xFF\x7F");
    EXPECT_FALSE(stream.next());
    EXPECT_TRUE(stream.broken());
}

} // namespace
} // namespace dmev
