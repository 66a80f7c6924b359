// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "model/catalogue.hpp"

namespace dmev {
namespace {

struct SelectionTest : testing::Test {
    Catalogue catalogue;

    void SetUp() override {
        Family f;
        f.name = "thin";
        for (const auto* name : {"thin.low_water", "thin.overflow", "thin.recovered"}) {
            EventType t;
            t.name = name;
            f.types.push_back(t);
        }
        f.types[0].alias = "_thin_low_water";
        catalogue.add(f);
    }
    Result<Selection> parse(std::vector<std::string> words) { return Selection::parse(words, catalogue); }
    // Which of these types WORDS select.
    std::string chosen(std::vector<std::string> words) {
        const auto selection = parse(std::move(words));
        if (!selection) return selection.error().text();
        std::string out;
        for (const auto* type :
             {"thin.low_water", "thin.overflow", "thin.recovered", "device.added", "thin", ""})
            if (selection->wants_type(type)) out += std::string{type} + " ";
        return out;
    }
};

TEST_F(SelectionTest, TakesFamiliesTypesGlobsAndAliases) {
    EXPECT_EQ(chosen({"thin"}), "thin.low_water thin.overflow thin.recovered ");
    EXPECT_EQ(chosen({"thin.overflow"}), "thin.overflow ");
    EXPECT_EQ(chosen({"thin.*o*"}), "thin.low_water thin.overflow thin.recovered ");
    EXPECT_EQ(chosen({"*.added", "_thin_low_water"}), "thin.low_water device.added ");
    EXPECT_EQ(chosen({"thin.low_water", "thin.low_water"}), "thin.low_water ");
    EXPECT_EQ(chosen({}), "");
}

TEST_F(SelectionTest, EverythingIsEverything) {
    EXPECT_TRUE(Selection::everything().wants_type("whatever.comes"));
    EXPECT_FALSE(Selection{}.wants_type("thin.overflow"));
    Event event;
    event.type = "thin.overflow";
    EXPECT_TRUE(parse({"thin"})->wants(event));
}

TEST_F(SelectionTest, AnUnknownWordIsAUsageErrorWithASuggestion) {
    const auto r = parse({"thin", "thin.lowwater"});
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().kind, ErrorKind::usage);
    EXPECT_EQ(r.error().text(),
              "unknown event type 'thin.lowwater'; did you mean thin.low_water? "
              "dmevent_tool --list-events shows every type");
    EXPECT_EQ(chosen({"lowwater"}),
              "unknown event type 'lowwater'; did you mean thin.low_water? "
              "dmevent_tool --list-events shows every type");
    EXPECT_EQ(chosen({"thin,mirror"}),
              "unknown event type 'thin,mirror'; event types are words of their own, without commas; "
              "dmevent_tool --list-events shows every type");
    EXPECT_EQ(chosen({"raid.*"}), "unknown event type 'raid.*'; dmevent_tool --list-events shows every type");
    EXPECT_EQ(chosen({"x\x1b[2Jyzzy"}),
              "unknown event type 'x\\x1b[2Jyzzy'; dmevent_tool --list-events shows every type");
}

} // namespace
} // namespace dmev
