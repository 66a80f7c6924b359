// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cases.hpp"
#include "redundancy.hpp"
#include "status.hpp"

namespace {

using namespace testing_plugins;

dmev::Plugin plugin() { return *dmev::Plugin::adopt(&dmevent_plugin_entry, "raid.so", nullptr); }

TEST(Raid, SaysOfEachCapturedLineWhatIsExpected) {
    const auto raid = plugin();
    for (const auto& one : read_cases(CASES)) check(raid, one);
}

TEST(Raid, EveryTypeIsShownByACase) { check_coverage(plugin(), read_cases(CASES)); }

TEST(Raid, MutatedLinesAreRefusedOrReadButNeverBreakIt) {
    check_mutations(plugin(), read_cases(CASES), 100'000, 2 * raid::kMaxLegs + 6);
}

// As many legs as the kernel allows, and no more.
TEST(Raid, LegsAreBounded) {
    const auto line = [](std::size_t legs) {
        return "raid1 " + std::to_string(legs) + " " + std::string(legs, 'D') + " 1/1 idle 0 0 -";
    };
    EXPECT_TRUE(raid::Status::parse(line(raid::kMaxLegs)));
    EXPECT_FALSE(raid::Status::parse(line(raid::kMaxLegs + 1)));
    EXPECT_FALSE(raid::Status::parse(line(1 << 20)));
}

TEST(Raid, CopiesComeFromTheTableOrAreTwo) {
    const auto count = [](const char* table) { return raid::Copies::parse(table).count; };
    EXPECT_EQ(count("raid10 7 128 region_size 1024 raid10_copies 3 raid10_format far 6 252:0"), 3u);
    EXPECT_EQ(count("raid10 3 128 region_size 1024 4 252:0"), 2u);
    EXPECT_EQ(count("raid10 3 128 raid10_copies 0 4 252:0"), 2u);
    EXPECT_EQ(count("raid10 3 128 raid10_copies"), 2u);
    EXPECT_EQ(count("raid10 1 128 raid10_copies 3"), 2u) << "beyond the parameters";
    EXPECT_EQ(count("raid10 18446744073709551615 raid10_copies 18446744073709551616"), 2u);
    EXPECT_EQ(count(""), 2u);
    EXPECT_TRUE(raid::Copies::parse("raid10 3 128 raid10_format offset 4").far);
    EXPECT_FALSE(raid::Copies::parse("raid10 3 128 raid10_format near 4").far);
}

// Each level at the edge of what it survives.
TEST(Raid, LevelsSurviveWhatTheyAreMadeFor) {
    const auto survives = [](std::string_view type, std::string_view legs, raid::Copies copies = {}) {
        raid::Legs lost;
        for (std::size_t i = 0; i < legs.size(); ++i) lost[i] = legs[i] == 'x';
        return raid::survives(type, legs.size(), copies, lost);
    };
    EXPECT_EQ(survives("raid0", "..."), true);
    EXPECT_EQ(survives("raid0", "x.."), false);
    EXPECT_EQ(survives("raid1", "xx."), true);
    EXPECT_EQ(survives("raid1", "xxx"), false);
    for (const auto* type : {"raid4", "raid5_n", "raid5_ls", "raid5_rs", "raid5_la", "raid5_ra"}) {
        EXPECT_EQ(survives(type, "x..."), true) << type;
        EXPECT_EQ(survives(type, "x..x"), false) << type;
    }
    for (const auto* type : {"raid6_zr", "raid6_nr", "raid6_nc", "raid6_n_6", "raid6_ls_6", "raid6_ra_6"}) {
        EXPECT_EQ(survives(type, "x..x."), true) << type;
        EXPECT_EQ(survives(type, "x.xx."), false) << type;
    }
    EXPECT_EQ(survives("raid10", "x.x."), true);
    EXPECT_EQ(survives("raid10_near", "xx.."), false);
    EXPECT_EQ(survives("raid10", ".xx."), true);
    EXPECT_EQ(survives("raid10_far", ".xx."), false);
    EXPECT_EQ(survives("raid10_offset", "x..x"), false) << "the last leg's copies are on the first";
    EXPECT_EQ(survives("raid10", "xx.xx.", {3, false}), true);
    EXPECT_EQ(survives("raid10", "xxx...", {3, false}), false);
    EXPECT_EQ(survives("raid10", "x.x", {2, false}), false) << "an odd number of legs wraps round";
    EXPECT_EQ(survives("raid10", "x.", {200, false}), true) << "more copies than legs";
    EXPECT_EQ(survives("raid7", "x.."), std::nullopt);
}

} // namespace
