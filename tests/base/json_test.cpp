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
    for (const auto* text :
         {"0", "-0.0", "0.1", "1e22", "100e30", "1.7976931348623157e308", "5e-324", "10.0E+9"}) {
        rapidjson::Document document;
        EXPECT_EQ(parse_exactly(document, text), "") << text;
        ASSERT_TRUE(document.IsNumber()) << text;
        EXPECT_EQ(document.GetDouble(), std::strtod(text, nullptr));
    }
}

TEST(ParseExactly, WhatTheLibraryWouldMisreadIsRefused) {
    for (const auto* text : {"0e59", "-0e59", "0.000E-99", "[1,0e30]", R"({"a":0e30})"}) {
        rapidjson::Document document;
        EXPECT_NE(parse_exactly(document, text), "") << text;
    }
    for (const auto* text : {R"("0e59")", R"("\"0e59")", R"(["false",true,false,"\\"])"}) {
        rapidjson::Document document;
        EXPECT_EQ(parse_exactly(document, text), "") << text;
    }
    rapidjson::Document document;
    EXPECT_NE(parse_exactly(document, R"(["\\",0e59])"), "");
}

} // namespace
} // namespace dmev
