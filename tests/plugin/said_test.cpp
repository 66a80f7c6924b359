// SPDX-License-Identifier: Apache-2.0
#include "plugin/said.hpp"

#include <gtest/gtest.h>

namespace dmev {
namespace {

// As a call states them: the place that a field had before is tried first.
void state(StatedFields& fields, const std::string& names) {
    fields.clear();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto name = names.substr(i, 1);
        auto* value = fields.again(name);
        (value ? *value : fields.named(name)).v = std::uint64_t{i};
    }
}

std::string shown(const StatedFields& fields) {
    std::string out;
    for (const auto& [name, value] : fields) out += name + value.text();
    return out;
}

TEST(StatedFields, WhatWasStatedBeforeDoesNotShow) {
    StatedFields fields;
    for (const auto& [names, expected] : {std::pair{"abc", "a0b1c2"},
                                          {"abc", "a0b1c2"},
                                          {"acb", "a0c1b2"},
                                          {"b", "b0"},
                                          {"bcd", "b0c1d2"},
                                          {"", ""},
                                          {"abc", "a0b1c2"}}) {
        state(fields, names);
        EXPECT_EQ(shown(fields), expected) << names;
    }
}

TEST(StatedFields, ANameThatIsStatedTwiceIsThereOnceWithTheLastValue) {
    StatedFields fields;
    for (const auto& [names, expected] : {std::pair{"aab", "a1b2"},
                                          {"aba", "a2b1"},
                                          {"cdc", "c2d1"},   // which leaves the place of a third
                                          {"xyc", "x0y1c2"}, // what stood there is not taken for checked
                                          {"cyc", "c2y1"},
                                          {"xycx", "x3y1c2"}}) {
        state(fields, names);
        EXPECT_EQ(shown(fields), expected) << names;
    }
}

TEST(StatedFields, ACopyOutlivesThem) {
    StatedFields fields;
    state(fields, "ab");
    const auto copy = fields.copy();
    state(fields, "x");
    ASSERT_EQ(copy.size(), 2U);
    EXPECT_EQ(copy[1].first, "b");
}

TEST(Said, ThatIsDroppedHoldsTheReasonAlone) {
    Said said;
    said.fields.named("a").v = true;
    said.conditions.add().part = "8:0";
    said.read_within_ms = 1;
    said.drop(Said::Outcome::fault, "it returned 9");
    EXPECT_TRUE(said.fields.empty() && said.conditions.empty() && !said.read_within_ms);
    EXPECT_EQ(said.because, "it returned 9");
}

} // namespace
} // namespace dmev
