// SPDX-License-Identifier: Apache-2.0
#include "model/device.hpp"

#include <gtest/gtest.h>

namespace dmev {
namespace {

std::string lvm(const char* name, const char* uuid = "LVM-abc") {
    const auto split = split_lvm({name, uuid, {}, {}});
    return split.vg + "/" + split.lv;
}

TEST(SplitLvm, SeparatesAtTheSingleHyphen) {
    EXPECT_EQ(lvm("vg-lv"), "vg/lv");
    EXPECT_EQ(lvm("vg--a-lv"), "vg-a/lv");
    EXPECT_EQ(lvm("vg-lv--b"), "vg/lv-b");
    EXPECT_EQ(lvm("a--b--c-d----e"), "a-b-c/d--e");
    EXPECT_EQ(lvm("vg---lv"), "vg-/lv");
}

TEST(SplitLvm, LeavesTheLayerAway) {
    EXPECT_EQ(lvm("vg-pool-tpool"), "vg/pool");
    EXPECT_EQ(lvm("vg-lv--1-real"), "vg/lv-1");
    EXPECT_EQ(lvm("vg-lv-layer-more"), "vg/lv");
}

TEST(SplitLvm, IsEmptyForEverybodyElse) {
    EXPECT_EQ(lvm("vg-lv", ""), "/");
    EXPECT_EQ(lvm("vg-lv", "CRYPT-LUKS2-1"), "/");
    EXPECT_EQ(lvm("vg-lv", "mpath-LVM-"), "/");
    EXPECT_EQ(lvm("vg"), "/");
    EXPECT_EQ(lvm("-lv"), "/");
    EXPECT_EQ(lvm("vg-"), "/");
    EXPECT_EQ(lvm(""), "/");
}

TEST(DevNum, IsReadAndWritten) {
    EXPECT_EQ((DevNum{253, 1}.text()), "253:1");
    EXPECT_EQ(parse_devnum("253:1"), (DevNum{253, 1}));
    EXPECT_EQ(parse_devnum("0:4294967295"), (DevNum{0, 4'294'967'295}));
    for (const auto* bad :
         {"", ":", "253", "253:", ":1", "253:1 ", " 253:1", "-1:1", "253:+1", "253:4294967296", "a:b"})
        EXPECT_FALSE(parse_devnum(bad)) << bad;
}

} // namespace
} // namespace dmev
