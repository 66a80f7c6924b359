// SPDX-License-Identifier: Apache-2.0
// The hooks for queueing: by message where nobody manages the map, by multipathd's own command where it does.
#include <gtest/gtest.h>

#include "plans.hpp"

namespace {

using namespace testing_plugins;

constexpr const char* kQueues = "1 queue_if_no_path 0 1 1 service-time 0 1 1 253:0 1";
constexpr const char* kFails = "0 0 1 1 service-time 0 1 1 253:0 1";
constexpr const char* kStatus = "2 0 1 0 1 1 E 0 1 0 253:0 F 1 ";

class Queueing : public testing::Test {
 protected:
    static Asked asked(const char* hook, const char* table, const std::string& name = "mpatha",
                       const std::string& uuid = "mpath-0x5000") {
        return {hook,
                "multipath.all_paths_failed",
                {name, uuid, {253, 4}, 9},
                {"multipath", table, kStatus, 20480}};
    }
    std::string plan_with(const std::string& name, const std::string& uuid) const {
        return plan_of(multipath_, asked("multipath.fail_if_no_path", kQueues, name, uuid));
    }
    const dmev::Plugin multipath_ = *dmev::Plugin::adopt(&dmevent_plugin_entry, "multipath.so", nullptr);
};

TEST_F(Queueing, IsTurnedOffAndOn) {
    const auto off = plan(multipath_, asked("multipath.fail_if_no_path", kQueues));
    EXPECT_EQ(plan_of(multipath_, asked("multipath.fail_if_no_path", kQueues)),
              "/usr/sbin/dmsetup|--manglename|none|message|--uuid|mpath-0x5000|--|0|fail_if_no_path; "
              "if multipathd /usr/sbin/multipathd|disablequeueing|map|mpatha");
    EXPECT_EQ(expected_of(off), "field queueing no");
    EXPECT_FALSE(off.interruptible);
    EXPECT_EQ(off.lock, "") << "the device's own";
    EXPECT_EQ(plan_of(multipath_, asked("multipath.queue_if_no_path", kFails)),
              "/usr/sbin/dmsetup|--manglename|none|message|--uuid|mpath-0x5000|--|0|queue_if_no_path; "
              "if multipathd /usr/sbin/multipathd|restorequeueing|map|mpatha");
    EXPECT_EQ(expected_of(plan(multipath_, asked("multipath.queue_if_no_path", kFails))),
              "field queueing yes");
}

TEST_F(Queueing, IsLeftWhereItIsSo) {
    EXPECT_EQ(plan_of(multipath_, asked("multipath.fail_if_no_path", kFails)),
              "refused: I/O fails without a path already");
    EXPECT_EQ(plan_of(multipath_, asked("multipath.queue_if_no_path", kQueues)),
              "refused: I/O waits without a path already");
}

// Byte for byte to dmsetup; to multipathd, which splits words again, not at all.
TEST_F(Queueing, HostileNamesStayOneArgument) {
    for (const std::string name : {"-f", "a b", "a\\x20b", "a\" map \"b", "$(id)", "\xff\n", ""}) {
        EXPECT_EQ(plan_with(name, ""), "/usr/sbin/dmsetup|--manglename|none|message|--|" + name +
                                           "|0|fail_if_no_path; if multipathd nothing");
        EXPECT_EQ(plan_with("mp", name + "-"), "/usr/sbin/dmsetup|--manglename|none|message|--uuid|" + name +
                                                   "-|--|0|fail_if_no_path; if multipathd "
                                                   "/usr/sbin/multipathd|disablequeueing|map|mp");
    }
}

} // namespace
