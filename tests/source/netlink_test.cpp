// SPDX-License-Identifier: Apache-2.0
#include "source/netlink.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dmev {
namespace {

using namespace std::string_literals;

// As a 6.1 kernel sent it.
const std::string path_failed =
    "change@/devices/virtual/block/dm-4\0ACTION=change\0DEVPATH=/devices/virtual/block/"
    "dm-4\0SUBSYSTEM=block\0"
    "DM_TARGET=multipath\0DM_ACTION=PATH_FAILED\0DM_SEQNUM=1\0DM_PATH=253:0\0DM_NR_VALID_PATHS=3\0DM_NAME="
    "mp\0"
    "DM_UUID=mpath-3600deadbeef0001\0MAJOR=253\0MINOR=4\0DEVNAME=dm-4\0DEVTYPE=disk\0DISKSEQ=13\0SEQNUM=656\0"s;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(ParseUevent, KeepsEveryVariableInOrder) {
    const auto uevent = parse_uevent(path_failed);
    ASSERT_TRUE(uevent);
    EXPECT_EQ(uevent->env.size(), 16u);
    EXPECT_EQ(uevent->env.front().first, "ACTION");
    EXPECT_EQ(uevent->env.back(), (std::pair<std::string, std::string>{"SEQNUM", "656"}));
    EXPECT_EQ((*uevent)["DM_PATH"], "253:0");
    EXPECT_EQ((*uevent)["DM_NR_VALID_PATHS"], "3");
    EXPECT_EQ(uevent_device(*uevent), (DevNum{253, 4}));
    EXPECT_EQ(uevent_diskseq(*uevent), 13u);
}

TEST(ParseUevent, TakesVariablesInAnyOrderAndThePathsOfOldKernels) {
    const auto uevent = parse_uevent(
        "remove@/block/dm-3\0MINOR=3\0MAJOR=253\0SUBSYSTEM=block\0DEVPATH=/block/dm-3\0"
        "ACTION=remove\0"s);
    ASSERT_TRUE(uevent);
    EXPECT_EQ(uevent_device(*uevent), (DevNum{253, 3}));
    EXPECT_EQ(uevent_diskseq(*uevent), std::nullopt);
}

TEST(ParseUevent, LeavesOutWhatIsNoDmDisk) {
    EXPECT_FALSE(parse_uevent(""));
    EXPECT_FALSE(parse_uevent("\0\0\0"s));
    EXPECT_FALSE(parse_uevent("libudev\0\xfe\xed\xca\xfe"s));
    for (const auto* devpath :
         {"/devices/virtual/block/dm-4/dm-4p1", "/devices/virtual/block/loop0", "/devices/virtual/bdi/dm-4",
          "/devices/virtual/block/dm-", "/block/dm-4x", "dm-4", ""})
        EXPECT_FALSE(
            parse_uevent(replaced(path_failed, "DEVPATH=/devices/virtual/block/dm-4", "DEVPATH="s + devpath)))
            << devpath;
    EXPECT_FALSE(parse_uevent(replaced(path_failed, "SUBSYSTEM=block", "SUBSYSTEM=bdi")));
    EXPECT_FALSE(parse_uevent(replaced(path_failed, "MINOR=4", "MINOR=4x")));
    EXPECT_FALSE(parse_uevent(replaced(path_failed, "ACTION=change", "ACTION=")));
}

TEST(ParseUevent, LeavesOutWhatSomebodyWroteToSysfs) {
    EXPECT_FALSE(parse_uevent(replaced(path_failed, "SEQNUM=656", "SYNTH_UUID=0")));
    EXPECT_FALSE(parse_uevent(replaced(path_failed, "SEQNUM=656", "SYNTH_UUID=")));
}

TEST(ParseUevent, KeepsHostileValuesAsTheyAre) {
    const auto uevent = parse_uevent(replaced(path_failed, "DM_NAME=mp", "DM_NAME=a=b\n\xff DM_ACTION=x"));
    ASSERT_TRUE(uevent);
    EXPECT_EQ((*uevent)["DM_NAME"], "a=b\n\xff DM_ACTION=x");
    EXPECT_EQ((*uevent)["DM_ACTION"], "PATH_FAILED");
}

TEST(ParseUevent, DropsStringsThatAreNoVariables) {
    const auto uevent = parse_uevent(replaced(path_failed, "DM_TARGET=multipath", "=x\0rubbish\0"s));
    ASSERT_TRUE(uevent);
    EXPECT_EQ(uevent->env.size(), 15u);
}

TEST(ParseUevent, SurvivesMutations) {
    std::mt19937 random{20260131};
    std::size_t accepted = 0;
    for (int round = 0; round < 100000; ++round) {
        auto bytes = path_failed;
        for (auto n = 1 + random() % 4; n > 0; --n) {
            const auto at = random() % bytes.size();
            switch (random() % 3) {
                case 0: bytes[at] = static_cast<char>(random()); break;
                case 1: bytes.erase(at, 1 + random() % 20); break;
                default: bytes.insert(at, std::string(random() % 4, static_cast<char>(random())));
            }
            if (bytes.empty()) bytes = "x";
        }
        if (const auto uevent = parse_uevent(bytes)) {
            ++accepted;
            ASSERT_EQ((*uevent)["SUBSYSTEM"], "block");
            ASSERT_TRUE(uevent_device(*uevent));
            for (const auto& [key, value] : uevent->env)
                ASSERT_EQ((key + value).find('\0'), std::string::npos);
        }
    }
    EXPECT_GT(accepted, 1000u);
}

} // namespace
} // namespace dmev
