// SPDX-License-Identifier: Apache-2.0
// mirror.repair: when there is something for LVM to repair, and how it is told to.
#include <gtest/gtest.h>

#include "plans.hpp"

namespace {

using namespace testing_plugins;

class Repair : public testing::Test {
 protected:
    Asked asked(const char* status, const char* name = "vg--0-mirror") const {
        return {"mirror.repair",
                "mirror.leg_failed",
                {name, "LVM-0123456789abcdef", {253, 4}, 9},
                {"mirror", "core 1 1024 2 253:0 0 253:1 0 1 handle_errors", status, 65536}};
    }
    std::string repair(const char* status, const char* policy = nullptr) const {
        auto with = asked(status);
        if (policy) with.args.emplace_back("policy", dmev::Value{std::string{policy}});
        return plan_of(mirror_, with);
    }
    const dmev::Plugin mirror_ = *dmev::Plugin::adopt(&dmevent_plugin_entry, "mirror.so", nullptr);
};

constexpr const char* kByConfiguration =
    "/usr/sbin/lvm|lvconvert|--yes|--repair|--use-policies|vg-0/mirror; if dmeventd nothing";

TEST_F(Repair, IsLvmsOwn) {
    for (const auto* status :
         {"2 253:0 253:1 31/32 1 AD 1 core", "2 253:0 253:1 31/32 1 FA 1 core",
          "2 253:0 253:1 31/32 1 AS 1 core", "2 253:0 253:1 31/32 1 UA 1 core",
          "2 253:0 253:1 32/32 1 AA 3 disk 253:2 D", "3 253:0 253:1 253:2 31/32 1 DDA 1 core"})
        EXPECT_EQ(repair(status), kByConfiguration) << status;
    for (const std::string policy : {"remove", "allocate"})
        EXPECT_EQ(repair("2 253:0 253:1 31/32 1 AD 1 core", policy.c_str()),
                  "/usr/sbin/lvm|lvconvert|--yes|--repair|--use-policies|--config|"
                  "activation/mirror_image_fault_policy=\"" +
                      policy + "\"|vg-0/mirror; if dmeventd nothing");
    const auto planned = plan(mirror_, asked("2 253:0 253:1 31/32 1 AD 1 core"));
    check_lvm_plan(planned, "vg-0");
    EXPECT_EQ(expected_of(planned),
              "ended mirror.leg_failed, ended mirror.leg_sync_failed, ended mirror.log_failed");
}

TEST_F(Repair, LeavesAloneWhatItCannotRepair) {
    EXPECT_EQ(repair("2 253:0 253:1 32/32 1 AA 1 core"), "refused: neither a leg nor the log has failed now");
    EXPECT_EQ(repair("2 253:0 253:1 32/32 1 AR 1 core"), "refused: neither a leg nor the log has failed now")
        << "its data is good, and LVM would drop it";
    EXPECT_EQ(repair("2 253:0 253:1 31/32 1 DD 1 core"),
              "refused: no leg is good: bring the devices back, then deactivate and activate it");
    EXPECT_EQ(repair("2 253:0 253:1 31/32 1 AD 1 core", "warn"),
              "refused: policy is \"remove\" or \"allocate\", or is left out");
    EXPECT_EQ(repair("nonsense"), "refused: its status is not understood");
    EXPECT_EQ(plan_of(mirror_, asked("2 253:0 253:1 3/32 1 AD 1 core", "vg-pvmove0")),
              "refused: it is a pvmove under way: pvmove --abort ends it, and loses nothing");
    for (const auto* name : {"mirror", "--vg-mirror", "vg-m$r", "vg-_mlog"})
        EXPECT_EQ(plan_of(mirror_, asked("2 253:0 253:1 31/32 1 AD 1 core", name)),
                  "refused: LVM did not make this mirror")
            << name;
    auto other = asked("2 253:0 253:1 31/32 1 AD 1 core", "vg-mirror");
    other.device.uuid = "mine";
    EXPECT_EQ(plan_of(mirror_, other), "refused: LVM did not make this mirror");
}

// A log on two devices is a mirror itself, and so is a leg while another is added.
TEST_F(Repair, GoesByTheVolumeThatTheMirrorIsPartOf) {
    for (const auto* name : {"vg-mirror_mlog", "vg-mirror_mimagetmp_2", "vg-mirror"})
        EXPECT_EQ(plan(mirror_, asked("2 253:0 253:1 31/32 1 AD 1 core", name)).argv.back(), "vg/mirror");
}

} // namespace
