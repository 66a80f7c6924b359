// SPDX-License-Identifier: Apache-2.0
// raid.repair: when there is something for LVM to repair, and how it is told to.
#include <gtest/gtest.h>

#include "plans.hpp"

namespace {

using namespace testing_plugins;

const dmev::DeviceId kArray{"vg--0-array", "LVM-0123456789abcdef", {253, 9}, 9};
constexpr const char* kTable = "raid1 3 0 region_size 1024 2 253:0 253:1 253:2 253:3";

class Repair : public testing::Test {
 protected:
    Asked asked(const char* status, dmev::Fields args = {}) const {
        return {
            "raid.repair", "raid.device_failed", kArray, {"raid", kTable, status, 65536}, std::move(args)};
    }
    std::string repair(const char* status, const char* policy = nullptr) const {
        dmev::Fields args;
        if (policy) args.emplace_back("policy", dmev::Value{std::string{policy}});
        return plan_of(raid_, asked(status, args));
    }
    const dmev::Plugin raid_ = *dmev::Plugin::adopt(&dmevent_plugin_entry, "raid.so", nullptr);
};

constexpr const char* kByConfiguration =
    "/usr/sbin/lvm|lvconvert|--yes|--repair|--use-policies|vg-0/array; if dmeventd nothing";

TEST_F(Repair, IsLvmsOwn) {
    EXPECT_EQ(repair("raid1 2 AD 65536/65536 idle 0 0 -"), kByConfiguration);
    EXPECT_EQ(repair("raid1 2 A- 65536/65536 idle 0 0 -"), kByConfiguration);
    EXPECT_EQ(repair("raid1 2 AD 65536/65536 idle 0 0 -", "allocate"),
              "/usr/sbin/lvm|lvconvert|--yes|--repair|--use-policies|--config|activation/"
              "raid_fault_policy=\"allocate\"|"
              "vg-0/array; if dmeventd nothing");
    check_lvm_plan(plan(raid_, asked("raid1 2 AD 65536/65536 idle 0 0 -")), "vg-0");
}

TEST_F(Repair, NeedsNoMoreThanThatNoLegIsLost) {
    const auto planned = plan(raid_, asked("raid1 2 AD 65536/65536 idle 0 0 -"));
    EXPECT_EQ(expected_of(planned), "field lost_legs 0");
    const auto lost = [&](const char* status) {
        const auto said = look(raid_, nullptr, {"raid", kTable, status, 65536});
        return dmev::find_field(said.fields, "lost_legs")->text();
    };
    EXPECT_EQ(lost("raid1 2 AD 65536/65536 idle 0 0 -"), "1");
    EXPECT_EQ(lost("raid1 3 A-D 65536/65536 idle 0 0 -"), "2");
    EXPECT_EQ(lost("raid1 2 Aa 1024/65536 recover 0 0 -"), "0") << "it is being rebuilt";
}

// LVM refuses while the array is not in sync, which passes: so that has to be tried, and to fail.
TEST_F(Repair, IsTriedThoughARebuildRuns) {
    EXPECT_EQ(repair("raid1 3 AaD 1024/65536 recover 0 0 -"), kByConfiguration);
    EXPECT_EQ(repair("raid1 2 AD 0/65536 frozen 0 0 -"), kByConfiguration);
}

TEST_F(Repair, LeavesAloneWhatItCannotRepair) {
    EXPECT_EQ(repair("raid1 2 AA 65536/65536 idle 0 0 -"), "refused: no leg is lost now");
    EXPECT_EQ(repair("raid1 2 Aa 1024/65536 recover 0 0 -"), "refused: no leg is lost now");
    EXPECT_EQ(repair("raid5_ls 3 ADD 65536/65536 idle 0 0 -"),
              "refused: more legs are lost than it survives: bring the devices back, or restore it");
    EXPECT_EQ(repair("raid6_zr 5 ADDAA 65536/65536 idle 0 0 -"), kByConfiguration);
    EXPECT_EQ(repair("raid1 2 AD 65536/65536 idle 0 0 -", "warn"),
              "refused: policy is \"allocate\", or is left out");
    EXPECT_EQ(repair(""), "refused: its status is not understood");
    auto other = asked("raid1 2 AD 65536/65536 idle 0 0 -");
    for (const auto& [name, uuid] : {std::pair{"md-array", ""},
                                     {"vg-array", "mine"},
                                     {"--vg-array", "LVM-1"},
                                     {"vg-a rray", "LVM-1"},
                                     {"array", "LVM-1"}}) {
        other.device.name = name;
        other.device.uuid = uuid;
        EXPECT_EQ(plan_of(raid_, other), "refused: LVM did not make this array") << name;
    }
}

// A pool's data or a snapshot's origin may be an array: it goes by the volume's name.
TEST_F(Repair, KnowsArraysBelowOtherVolumes) {
    auto below = asked("raid1 2 AD 65536/65536 idle 0 0 -");
    below.device.name = "vg-pool_tdata", below.device.uuid = "LVM-0123-tdata";
    EXPECT_EQ(plan(raid_, below).argv.back(), "vg/pool_tdata");
    below.device.name = "vg-lv-real", below.device.uuid = "LVM-0123-real";
    EXPECT_EQ(plan(raid_, below).argv.back(), "vg/lv");
}

} // namespace
