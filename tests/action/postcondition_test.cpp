// SPDX-License-Identifier: Apache-2.0
#include "action/postcondition.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace dmev {
namespace {

using What = Expectation::What;

std::string said(const std::vector<Expectation>& expect, const TargetFacts& before, const TargetFacts& now) {
    return unmet(expect, before, now).value_or("");
}

TEST(Unmet, EndedLooksAtOnePartOrAtAll) {
    const auto before = acting::facts();
    auto now = before;
    now.holding = {{"act.bad", "0"}, {"act.bad", "2"}, {"act.low", ""}};
    EXPECT_EQ(said({{What::ended, "act.bad", "1", {}}}, before, now), "");
    EXPECT_EQ(said({{What::ended, "act.bad", "2", {}}}, before, now), "act.bad still holds for 2");
    EXPECT_EQ(said({{What::ended, "act.bad", "", {}}}, before, now), "act.bad still holds for 0, 2");
    EXPECT_EQ(said({{What::ended, "act.low", "", {}}}, before, now), "act.low still holds");
    EXPECT_EQ(said({{What::ended, "act.ba", "", {}}}, before, now), "");
}

TEST(Unmet, GrownComparesTotals) {
    const std::vector<Expectation> grown{{What::grown, "data", "", {}}};
    const auto before = acting::facts();
    auto now = before;
    EXPECT_EQ(said(grown, before, now), "data has not grown: its size is 10, it was 10");
    now.gauges[0].total = 9;
    EXPECT_EQ(said(grown, before, now), "data has not grown: its size is 9, it was 10");
    now.gauges[0].total = 11;
    EXPECT_EQ(said(grown, before, now), "");
    EXPECT_EQ(said(grown, TargetFacts{}, now), "the size of data is not known from before");
    now.gauges.clear();
    EXPECT_EQ(said(grown, before, now), "the size of data is not known now");
}

TEST(Unmet, FieldsAreComparedByValueNotByTheirNumbersType) {
    auto now = acting::facts();
    const auto field = [&](Value is, Value wanted) {
        now.fields = {{"f", std::move(is)}};
        return said({{What::field, "f", "", std::move(wanted)}}, now, now);
    };
    EXPECT_EQ(field({true}, {true}), "");
    EXPECT_EQ(field({false}, {true}), "f is no, and should be yes");
    EXPECT_EQ(field({std::uint64_t{5}}, {std::int64_t{5}}), "");
    EXPECT_EQ(field({std::uint64_t{5}}, {5.0}), "");
    EXPECT_EQ(field({std::uint64_t{5}}, {std::int64_t{-5}}), "f is 5, and should be -5");
    EXPECT_EQ(field({std::uint64_t{1} << 63}, {(std::uint64_t{1} << 63) + 1}).empty(), false);
    EXPECT_EQ(field({"a"}, {"a"}), "");
    EXPECT_EQ(field({"5"}, {std::int64_t{5}}), "f is 5, and should be 5") << "a text is no number";
    EXPECT_EQ(field({"yes"}, {true}).empty(), false);
    EXPECT_EQ(said({{What::field, "g", "", {"x"}}}, now, now), "g is not known, and should be x");
}

TEST(Unmet, AllThatIsNotSoIsNamed) {
    const auto now = acting::facts();
    EXPECT_EQ(said({{What::ended, "act.low", "", {}},
                    {What::ended, "act.bad", "", {}},
                    {What::grown, "data", "", {}}},
                   now, now),
              "act.low still holds; data has not grown: its size is 10, it was 10");
    EXPECT_EQ(said({}, now, now), "");
}

} // namespace
} // namespace dmev
