// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "base/rapidjson.hpp"

namespace dmev {
namespace {

std::string json(const std::function<void(JsonWriter&)>& write) {
    std::string out;
    JsonWriter writer{out};
    write(writer);
    return out;
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
    EXPECT_EQ(json([](JsonWriter& w) {
                  w.begin_object()
                      .member("a", 1)
                      .key("b")
                      .begin_array()
                      .value(true)
                      .null()
                      .begin_object()
                      .end_object();
                  w.end_array()
                      .key("c")
                      .begin_object()
                      .member("d", "x")
                      .end_object()
                      .member("e", false)
                      .end_object();
              }),
              R"({"a":1,"b":[true,null,{}],"c":{"d":"x"},"e":false})");
    EXPECT_EQ(json([](JsonWriter& w) {
                  w.begin_array().begin_array().end_array().begin_array().end_array().end_array();
              }),
              "[[],[]]");
}

TEST(JsonWriter, WritesNumbersInFull) {
    EXPECT_EQ(
        json([](JsonWriter& w) {
            w.begin_array().value(std::numeric_limits<std::uint64_t>::max());
            w.value(std::numeric_limits<std::int64_t>::min()).value(std::uint32_t{7}).value(0.1).value(76.56);
            w.value(1e300).value(std::numeric_limits<double>::quiet_NaN());
            w.value(-std::numeric_limits<double>::infinity()).end_array();
        }),
        "[18446744073709551615,-9223372036854775808,7,0.1,76.56,1e+300,null,null]");
}

TEST(JsonWriter, EscapesAndRepairs) {
    EXPECT_EQ(json([](JsonWriter& w) { w.value("a\"b\\c\n\t\x01\x7f/\xC3\xA9"); }),
              "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f/\xC3\xA9\"");
    EXPECT_EQ(json([](JsonWriter& w) { w.value("\xC2\x9B\xC2\xA0"); }), "\"\\u009b\xC2\xA0\"");
    EXPECT_EQ(json([](JsonWriter& w) { w.value("x\xFFy"); }), "\"x\xEF\xBF\xBDy\"");
    EXPECT_EQ(json([](JsonWriter& w) { w.value(std::string_view{"\0", 1}); }), "\"\\u0000\"");
    EXPECT_EQ(json([](JsonWriter& w) { w.begin_object().member("k\"\xFF", "").end_object(); }),
              "{\"k\\\"\xEF\xBF\xBD\":\"\"}");
}

TEST(ParseExactly, NumbersAreThoseThatWereWritten) {
    const auto many = std::string(260, '9') + "." + std::string(200, '0') + "1e44";
    for (const auto& text :
         {std::string{"0.1"}, std::string{"-0.0"}, std::string{"1e22"}, std::string{"100e30"},
          std::string{"1.7976931348623157e308"}, std::string{"2.5e-323"}, std::string{"10.0E+9"},
          std::string{"0e59"}, std::string{"-0.000E-99"}, many}) {
        rapidjson::Document document;
        EXPECT_EQ(parse_exactly(document, text), "") << text;
        ASSERT_TRUE(document.IsDouble()) << text;
        EXPECT_EQ(document.GetDouble(), std::strtod(text.c_str(), nullptr)) << text;
    }
    rapidjson::Document document;
    ASSERT_EQ(
        parse_exactly(document, "[0,-1,18446744073709551615,-9223372036854775808,4294967295,true,null]"), "");
    EXPECT_EQ(document[0].GetInt(), 0);
    EXPECT_EQ(document[1].GetInt(), -1);
    EXPECT_EQ(document[2].GetUint64(), UINT64_MAX);
    EXPECT_EQ(document[3].GetInt64(), INT64_MIN);
    EXPECT_EQ(document[4].GetUint(), UINT32_MAX);
    EXPECT_TRUE(document[5].GetBool() && document[6].IsNull());
}

TEST(ParseExactly, WhatIsNoJsonIsNamedWithItsPlace) {
    const std::pair<std::string, std::string> wrong[] = {{"", "(at byte 1)"},
                                                         {std::string{"{}\0x", 4}, "(at byte 3)"},
                                                         {"[1,]", "(at byte 4)"},
                                                         {"1e999", "(at byte"},
                                                         {"[01]", "(at byte 3)"},
                                                         {"{\"a\":1} x", "(at byte 9)"},
                                                         {std::string(100'000, '['), "(at byte 100001)"}};
    for (const auto& [text, place] : wrong) {
        rapidjson::Document document;
        const auto why = parse_exactly(document, text);
        EXPECT_NE(why.find(place), std::string::npos) << text.substr(0, 20) << ": " << why;
    }
}

} // namespace
} // namespace dmev
