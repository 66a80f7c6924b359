// SPDX-License-Identifier: Apache-2.0
#include "action/job_note.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/text.hpp"
#include "support.hpp"

namespace dmev {
namespace {

JobNote sample() {
    JobNote note;
    note.rule = "grow \"all\"\n";
    note.action = "act.grow";
    note.attempt = 2;
    note.coalesced = 9;
    note.event = acting::event();
    note.event.device->name = "a\xff\nb";
    note.lock = "vg:data";
    note.argv = {"/bin/act", "", "\xfe $(x)", std::string("n\0l", 3)};
    note.expect = {
        {Expectation::What::ended, "act.bad", "\xfd", {}},
        {Expectation::What::grown, "data", "", {}},
        {Expectation::What::field, "queueing", "", {true}},
        {Expectation::What::field, "list", "", {Value::List{{std::uint64_t{1}}, {-1.5}, {"\xfc"}}}},
        {Expectation::What::field, "low", "", {std::int64_t{-3}}}};
    note.before.gauges = {{"data", 7, ~std::uint64_t{0}}};
    return note;
}

TEST(JobNote, ComesBackByteForByte) {
    const auto note = sample();
    const auto text = write_note(note);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(text.find('\n'), text.npos);
    const auto read = read_note(text);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(write_note(*read), text);
    EXPECT_EQ(read->rule, note.rule);
    EXPECT_EQ(read->action, note.action);
    EXPECT_EQ(read->attempt, 2U);
    EXPECT_EQ(read->coalesced, 9U);
    EXPECT_EQ(read->lock, note.lock);
    EXPECT_EQ(read->argv, note.argv);
    EXPECT_EQ(read->event.id, "event-1");
    EXPECT_EQ(read->event.type, "act.low");
    EXPECT_EQ(read->event.severity, Severity::warning);
    ASSERT_TRUE(read->event.device);
    EXPECT_EQ(read->event.device->name, "a\xff\nb");
    EXPECT_EQ(read->event.device->uuid, note.event.device->uuid);
    EXPECT_EQ(read->event.device->number, note.event.device->number);
    EXPECT_EQ(read->event.device->diskseq, note.event.device->diskseq);
    ASSERT_TRUE(read->event.target);
    EXPECT_EQ(read->event.target->type, "act");
    ASSERT_EQ(read->expect.size(), 5U);
    EXPECT_EQ(read->expect[0].part, "\xfd");
    EXPECT_EQ(read->expect[2].value.text(), "yes");
    EXPECT_EQ(read->expect[3].value.text(), "1, -1.5, \xfc");
    EXPECT_EQ(read->expect[4].value.text(), "-3");
    ASSERT_EQ(read->before.gauges.size(), 1U);
    EXPECT_EQ(read->before.gauges[0].total, ~std::uint64_t{0});
}

TEST(JobNote, AnEventMayHaveNoDevice) {
    auto note = sample();
    note.event.device.reset();
    note.event.target.reset();
    const auto read = read_note(write_note(note));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_FALSE(read->event.device);
    EXPECT_FALSE(read->event.target);
}

TEST(JobNote, WhatIsDamagedIsNamed) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "it is no JSON"},
        {"\xff", "it is not UTF-8"},
        {"[]", "no object around v"},
        {"{}", "v is missing"},
        {R"({"v":2})", "it is of another version"},
        {R"({"v":1,"rule":7})", "no text where one should be"},
        {R"({"v":1,"rule":{"hex":"f"}})", "hex is no hex"},
        {R"({"v":1,"rule":{"hex":"xy"}})", "hex is no hex"},
        {R"({"v":1,"rule":"a","action":"b","attempt":-1})", "attempt is no such number"},
        {R"({"v":1,"rule":"a","action":"b","attempt":4294967296})", "attempt is no such number"},
    };
    for (const auto& [text, why] : cases) {
        const auto read = read_note(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().why, why) << text;
    }
}

// Cut, or with bytes changed, it is read or refused: nothing else.
TEST(JobNote, NoDamageCrashesTheReader) {
    const auto text = write_note(sample());
    for (std::size_t i = 0; i < text.size(); ++i) EXPECT_FALSE(read_note(text.substr(0, i))) << i;
    std::mt19937 random{3};
    for (int round = 0; round < 20'000; ++round) {
        auto damaged = text;
        for (auto n = random() % 3; n <= 2; ++n)
            damaged[random() % text.size()] = static_cast<char>(random());
        if (const auto read = read_note(damaged)) {
            EXPECT_TRUE(read_note(write_note(*read)));
        }
    }
    EXPECT_FALSE(read_note(std::string(100'000, '[')));
}

} // namespace
} // namespace dmev
