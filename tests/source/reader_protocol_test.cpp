// SPDX-License-Identifier: Apache-2.0
#include "source/reader_protocol.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dmev {
namespace {

ReadReply pool_reply() {
    ReadReply reply;
    reply.id = 7;
    reply.outcome = ReadOutcome::reading;
    reply.leader = DevNum{253, 2};
    auto& reading = reply.reading;
    reading.id = {std::string("a\0\xff b", 5), "LVM-x", {253, 3}, 11};
    reading.event_nr = 0xfffffffe;
    reading.internal_suspend = true;
    reading.targets.push_back({0, 8192, "thin", "253:2 1", "4096 4095"});
    reading.targets.push_back({8192, 1ull << 60, "linear", std::nullopt, std::nullopt});
    reading.targets.push_back({1, 1, "zero", std::nullopt, ""});
    return reply;
}

std::string unframed(const std::string& bytes) {
    FrameBuffer buffer;
    buffer.add(bytes);
    auto frame = buffer.next();
    EXPECT_TRUE(frame);
    return frame.value_or("");
}

TEST(ReaderProtocol, SetupComesBackAsItWas) {
    const ReaderSetup setup{{{"thin", true, true}, {"raid", false, false}}, true, false};
    const auto back = decode_setup(unframed(encode(setup)));
    ASSERT_TRUE(back);
    ASSERT_EQ(back->claims.size(), 2u);
    EXPECT_EQ(back->claims[0].target, "thin");
    EXPECT_TRUE(back->claims[0].served_by);
    EXPECT_FALSE(back->claims[1].table);
    EXPECT_TRUE(back->all_statuses);
    EXPECT_FALSE(back->hide_diskseq);
}

TEST(ReaderProtocol, RequestComesBackAsItWas) {
    const auto back =
        decode_request(unframed(encode(ReadRequest{9, {253, 1 << 19}, true, DevNum{253, 1}, 77})));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->id, 9u);
    EXPECT_EQ(back->device, (DevNum{253, 1 << 19}));
    EXPECT_TRUE(back->group_unknown);
    EXPECT_EQ(back->leader, (DevNum{253, 1}));
    EXPECT_EQ(back->known_table, 77u);
    EXPECT_FALSE(decode_request(unframed(encode(ReadRequest{})))->leader);
    EXPECT_FALSE(decode_request(unframed(encode(ReadRequest{})))->known_table);
}

TEST(ReaderProtocol, ReplyComesBackAsItWas) {
    const auto back = decode_reply(unframed(encode(pool_reply())));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->outcome, ReadOutcome::reading);
    EXPECT_EQ(back->leader, (DevNum{253, 2}));
    const auto& reading = back->reading;
    EXPECT_EQ(reading.id.name, std::string("a\0\xff b", 5));
    EXPECT_EQ(reading.id.diskseq, 11u);
    EXPECT_EQ(reading.event_nr, 0xfffffffe);
    EXPECT_TRUE(reading.internal_suspend);
    EXPECT_FALSE(reading.suspended);
    ASSERT_EQ(reading.targets.size(), 3u);
    EXPECT_EQ(reading.targets[0].table, "253:2 1");
    EXPECT_EQ(reading.targets[1].length, 1ull << 60);
    EXPECT_EQ(reading.targets[1].status, std::nullopt);
    EXPECT_EQ(reading.targets[2].status, "");
}

TEST(ReaderProtocol, OneKindIsNoOther) {
    const auto request = unframed(encode(ReadRequest{}));
    EXPECT_FALSE(decode_setup(request));
    EXPECT_FALSE(decode_reply(request));
    EXPECT_FALSE(decode_request(""));
}

TEST(ReaderProtocol, EveryCutAndEveryTailIsRefused) {
    const auto frame = unframed(encode(pool_reply()));
    for (std::size_t n = 0; n < frame.size(); ++n) EXPECT_FALSE(decode_reply(frame.substr(0, n))) << n;
    EXPECT_FALSE(decode_reply(frame + '\0'));
}

TEST(ReaderProtocol, HugeCountsAllocateNothing) {
    auto frame = unframed(encode(ReaderSetup{}));
    frame.replace(frame.size() - 4, 4, "\xff\xff\xff\xff");
    EXPECT_FALSE(decode_setup(frame));
}

TEST(ReaderProtocol, SurvivesMutations) {
    std::mt19937 random{4};
    const auto good = unframed(encode(pool_reply()));
    std::size_t accepted = 0;
    for (int round = 0; round < 100000; ++round) {
        auto bytes = good;
        for (auto n = 1 + random() % 3; n > 0; --n)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        if (const auto reply = decode_reply(bytes)) {
            ++accepted;
            ASSERT_EQ(unframed(encode(*reply)), bytes); // one value has one form
        }
    }
    EXPECT_GT(accepted, 1000u);
}

TEST(FrameBuffer, CutsWhateverPiecesCome) {
    const auto stream = encode(pool_reply()) + encode(pool_reply()) + encode(ReadRequest{});
    FrameBuffer buffer;
    std::size_t frames = 0;
    for (const char byte : stream) {
        buffer.add({&byte, 1});
        while (buffer.next()) ++frames;
    }
    EXPECT_EQ(frames, 3u);
    EXPECT_FALSE(buffer.broken());
}

TEST(FrameBuffer, AnImpossibleLengthEndsTheStream) {
    FrameBuffer buffer;
    buffer.add("\xff\xff\xff\xff");
    EXPECT_FALSE(buffer.next());
    EXPECT_TRUE(buffer.broken());
    buffer.add(encode(ReadRequest{}));
    EXPECT_FALSE(buffer.next());
}

} // namespace
} // namespace dmev
