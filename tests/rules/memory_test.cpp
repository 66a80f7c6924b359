// SPDX-License-Identifier: Apache-2.0
#include "rules/memory.hpp"

#include <gtest/gtest.h>

#include "model/event_json.hpp"
#include "output/samples.hpp"

namespace dmev {
namespace {

Event read_back(const std::string& row) { return memory::event(memory::parse(row)); }

std::string refused(const std::string& row) {
    try {
        read_back(row);
    } catch (const memory::Bad& bad) {
        return bad.why;
    }
    return "it was taken";
}

TEST(Memory, AnEventComesBackFromARow) {
    for (auto event : {test::low_water(), test::hostile()}) {
        event.data.emplace_back("percent", Value{81.23});
        std::string row;
        JsonWriter json{row};
        memory::put_event(json.begin_object(), event);
        json.end_object();
        EXPECT_EQ(row.find("\\\"schema\\\""), row.npos) << "it is JSON, not JSON in a string";
        const auto back = read_back(row);
        EXPECT_EQ(event_json(back), event_json(event));
        EXPECT_EQ(back.device->diskseq, event.device->diskseq);
    }
}

TEST(Memory, AnEventComesBackFromARowOfAnEarlierVersion) {
    std::string row;
    JsonWriter{row}.begin_object().member("event", event_json(test::hostile())).end_object();
    EXPECT_EQ(event_json(read_back(row)), event_json(test::hostile()));
}

TEST(Memory, ARowWithoutAnEventIsRefused) {
    EXPECT_EQ(refused("{}"), "event is missing");
    EXPECT_EQ(refused(R"({"event":7})"), "it is not an object");
    EXPECT_EQ(refused(R"({"event":{}})"), "type is missing");
    EXPECT_NE(refused(R"({"event":"what?"})"), "it was taken");
}

} // namespace
} // namespace dmev
