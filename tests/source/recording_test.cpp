// SPDX-License-Identifier: Apache-2.0
#include "source/recording.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "source/recording_support.hpp"
#include "source/recording_written.hpp"

namespace dmev {
namespace {

using test::any_observation;
using test::Chance;

std::string why_bad(std::string_view line) {
    const auto r = from_recording(line, "a.jsonl", 7);
    return r ? "good" : r.error().text();
}

const char* const kMinimal =
    R"({"kind":"device","name":"a","major":253,"minor":1,"event_nr":4,"targets":[]})";

TEST(Recording, WritesADeviceAsTheContractShowsIt) {
    DeviceReading d;
    d.why = Why::start;
    d.id = {"vg-pool", "", {253, 1}, 11};
    d.event_nr = 1;
    d.targets = {{0, 131072, "thin-pool", "1:0 253:0 128 256 0 ", "0 3292/32768 784/1024 - rw "},
                 {131072, 8, "linear", {}, {}}};
    EXPECT_EQ(
        to_recording({*parse_utc("2026-01-31T10:15:02.123456Z"), d}),
        R"({"v":1,"at":"2026-01-31T10:15:02.123456000Z","kind":"device","why":"start","name":"vg-pool","uuid":"",)"
        R"("major":253,"minor":1,"diskseq":11,"event_nr":1,"suspended":false,"read_only":false,"targets":[)"
        R"({"start":0,"length":131072,"type":"thin-pool","table":"1:0 253:0 128 256 0 ","status":"0 3292/32768 784/1024 - rw "},)"
        R"({"start":131072,"length":8,"type":"linear","table":null,"status":null}]})");
}

TEST(Recording, ReadsBackWhatWasWritten) {
    Chance chance{1};
    for (int i = 0; i < 20'000; ++i) {
        const auto observation = any_observation(chance);
        const auto line = to_recording(observation);
        ASSERT_TRUE(is_utf8(line)) << escape(line);
        ASSERT_EQ(line.find('\n'), std::string::npos) << escape(line);
        const auto back = from_recording(line, "f", 1);
        ASSERT_TRUE(back) << back.error().text() << "\n" << escape(line);
        ASSERT_TRUE(test::same(observation, *back)) << escape(line);
    }
}

TEST(Recording, MutatedLinesAreReadOrRefusedAndNeverWorse) {
    Chance chance{2};
    int good = 0, bad = 0;
    for (int i = 0; i < 100'000; ++i) {
        auto line = to_recording(any_observation(chance));
        for (auto n = 1 + chance.below(3); n > 0 && !line.empty(); --n) {
            const auto at = chance.below(line.size());
            switch (chance.below(4)) {
                case 0: line[at] = static_cast<char>(chance.below(256)); break;
                case 1: line.erase(at, chance.below(8)); break;
                case 2: line.insert(at, 1, "{}[]\",:0e-\\"[chance.below(11)]); break;
                default: line.insert(at, line.substr(chance.below(line.size()), chance.below(40)));
            }
        }
        const auto r = from_recording(line, "f", i);
        if (r) {
            ++good;
            // Whatever was understood can be written and read again.
            const auto again = from_recording(to_recording(*r), "f", i);
            ASSERT_TRUE(again && test::same(*r, *again)) << escape(line);
        } else {
            ++bad;
            ASSERT_TRUE(r.error().text().starts_with("f")) << r.error().text();
        }
    }
    EXPECT_GT(good, 1000);
    EXPECT_GT(bad, 1000);
}

// With a blank more a line is not as it is written any more, and is read as any JSON.
TEST(Recording, WhatIsReadAsItIsWrittenIsWhatItSays) {
    Chance chance{3};
    int written = 0, bad = 0;
    recording::Spare spare;
    for (int i = 0; i < 50'000; ++i) {
        auto line = to_recording(any_observation(chance));
        if (i % 2) line[1 + chance.below(line.size() - 1)] = "0\"\\,:]}-.ex "[chance.below(12)];
        const auto one = from_recording(line, "f", 1), other = from_recording("{ " + line.substr(1), "f", 1);
        ASSERT_EQ(static_cast<bool>(one), static_cast<bool>(other)) << escape(line);
        bad += !one;
        ASSERT_TRUE(!one || test::same(*one, *other)) << escape(line);
        const auto padded = line + std::string(recording::kBeyond + 1, '\0');
        Observation again = i % 3 ? any_observation(chance) : Observation{}; // whatever it held
        if (!recording::read_as_written(padded.c_str(), again, spare)) continue;
        ++written;
        ASSERT_TRUE(one && test::same(*one, again)) << escape(line);
    }
    EXPECT_GT(written, 300);
    EXPECT_GT(bad, 1000);
}

TEST(Recording, WhatIsNotUtf8IsRefusedHoweverItIsWritten) {
    for (const std::string name : {"\xbf\xbd", "a\xc2", "\xff", "abcdefg\xc3"}) {
        const auto line =
            R"({"v":1,"at":"2026-01-31T10:15:02Z","kind":"uevent","env":{"DM_NAME":")" + name + "\"}}";
        EXPECT_FALSE(from_recording(line, "f", 1)) << escape(line);
    }
}

TEST(Recording, MostMembersMayBeMissing) {
    const auto r = from_recording(kMinimal, "f", 1);
    ASSERT_TRUE(r) << r.error().text();
    const auto& d = std::get<DeviceReading>(r->what);
    EXPECT_EQ(d.why, Why::unsaid);
    EXPECT_EQ(d.id.name, "a");
    EXPECT_EQ(d.id.uuid, "");
    EXPECT_FALSE(d.id.diskseq);
    EXPECT_FALSE(d.suspended);
    const auto target = from_recording(
        R"({"targets":[{"type":"raid","future":[{}]}],"event_nr":0,"minor":0,"major":0,"name":"a","kind":"device"})",
        "f", 1);
    ASSERT_TRUE(target) << target.error().text();
    EXPECT_FALSE(std::get<DeviceReading>(target->what).targets.at(0).status);
    EXPECT_EQ(why_bad(R"({"kind":"start"})"), "good");
    EXPECT_EQ(why_bad(R"({"kind":"tick","future":{"a":[1,2,{}]},"v":1})"), "good");
}

TEST(Recording, TakesAnyNumberOfFractionDigits) {
    for (const auto* at :
         {"2026-01-31T10:15:02Z", "2026-01-31T10:15:02.000Z", "2026-01-31T11:15:02.0000+01:00"}) {
        const auto r = from_recording(std::string{R"({"kind":"tick","at":")"} + at + "\"}", "f", 1);
        ASSERT_TRUE(r) << r.error().text();
        EXPECT_EQ(r->at, *parse_utc("2026-01-31T10:15:02Z"));
    }
}

TEST(Recording, SaysWhereAndWhatIsWrong) {
    const auto device = [](std::string_view from, std::string_view to) {
        std::string line = kMinimal;
        line.replace(line.find(from), from.size(), to);
        return why_bad(line);
    };
    const std::string bad = "a.jsonl:7: bad line in recording, member ";
    EXPECT_EQ(device("253", "\"253\""), bad + "major: must be a number, is a string");
    EXPECT_EQ(device("253", "-1"), bad + "major: must be a whole number from 0 to 4294967295");
    EXPECT_EQ(device("253", "4294967296"), bad + "major: must be a whole number from 0 to 4294967295");
    EXPECT_EQ(device("253", "1.5"), bad + "major: must be a whole number from 0 to 4294967295");
    EXPECT_EQ(device("\"minor\"", "\"Minor\""), bad + "minor: is missing");
    EXPECT_EQ(device("\"a\"", "null"), bad + "name: must be a string, is null");
    EXPECT_EQ(device("[]", "[{\"type\":\"x\",\"length\":[]}]"),
              bad + "targets[0].length: must be a number, is an array");
    EXPECT_EQ(device("[]", "[{\"type\":\"x\",\"status\":1}]"),
              bad + "targets[0].status: must be a string, is a number");
    EXPECT_EQ(device("[]", "[{}]"), bad + "targets[0].type: is missing");
    EXPECT_EQ(device("[]", "{}"), bad + "targets: must be an array, is an object");
    EXPECT_EQ(device(",\"targets\":[]", ""), bad + "targets: is missing");
    EXPECT_EQ(device(",\"targets\"", ",\"suspended\":0,\"targets\""),
              bad + "suspended: must be true or false, is a number");
    EXPECT_EQ(device(",\"targets\"", ",\"name_hex\":\"fg\",\"targets\""),
              bad + "name_hex: must be pairs of hex digits");
    EXPECT_EQ(device(",\"targets\"", ",\"why\":\"soon\",\"targets\""),
              bad + "why: must be start, kernel, uevent, poll, resync or restart");
    EXPECT_EQ(why_bad(R"({"kind":"devise"})"), bad + "kind: 'devise' is none that is known");
    EXPECT_EQ(why_bad(R"({})"), bad + "kind: is missing");
    EXPECT_EQ(why_bad(R"({"schema":"dmevent/1","id":"1"})"),
              "a.jsonl:7: bad line in recording: it is what --json prints; only what --record writes can be "
              "replayed");
    EXPECT_EQ(why_bad(R"({"v":2,"kind":"tick"})"),
              bad + "v: this program reads version 1 of the format only");
    EXPECT_EQ(why_bad(R"({"at":"today","kind":"tick"})"),
              bad + "at: must be a time as 2026-01-31T10:15:02.123456Z");
    EXPECT_EQ(why_bad(R"({"kind":"uevent","env":{"SEQNUM":1}})"),
              bad + "env.SEQNUM: must be a string, is a number");
    EXPECT_EQ(why_bad(R"({"kind":"uevent","env_hex":{"A\n":"00"}})"), bad + "env_hex.A\\x0a: is not in env");
    EXPECT_EQ(why_bad(R"([1])"), "a.jsonl:7: bad line in recording: the line must be an object, is an array");
}

TEST(Recording, RefusesWhatIsNoJson) {
    for (const std::string line : {"", "{", "{\"kind\":\"tick\"} x", "{\"kind\":\"tick\xFF\"}",
                                   "{\"kind\":\"tick\xE2", "{\"kind\":\"tick\",\"x\":\"\\ud800\"}"}) {
        const auto text = why_bad(line);
        EXPECT_TRUE(text.starts_with("a.jsonl:7:") &&
                    text.find("bad line in recording: ") != std::string::npos)
            << text;
    }
    EXPECT_EQ(why_bad(std::string_view{"{\"kind\":\"tick\"}\0", 16}),
              "a.jsonl:7:16: bad line in recording: a NUL byte");
}

TEST(Recording, DeepNestingDoesNotExhaustTheStack) {
    const std::string deep = R"({"kind":"tick","x":)" + std::string(2 << 20, '[');
    EXPECT_NE(why_bad(deep), "good");
    const std::string closed = deep + std::string(2 << 20, ']') + "}";
    EXPECT_EQ(why_bad(closed), "good");
}

} // namespace
} // namespace dmev
