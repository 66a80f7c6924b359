// SPDX-License-Identifier: Apache-2.0
// thin.extend: which limits it gives LVM's policy, and when it leaves a pool alone.
#include <gtest/gtest.h>

#include "plans.hpp"

namespace {

using namespace testing_plugins;

const dmev::DeviceId kPool{"vg--0-pool-tpool", "LVM-0123456789abcdef-tpool", {253, 4}, 9};
constexpr const char* kHead = "/usr/sbin/lvm|lvextend|--use-policies|--config|";

std::string limits(int threshold, int percent) {
    return "activation/thin_pool_autoextend_threshold=" + std::to_string(threshold) +
           " activation/thin_pool_autoextend_percent=" + std::to_string(percent);
}
std::string policy(int threshold, int percent) {
    return kHead + limits(threshold, percent) + "|vg-0/pool; if dmeventd nothing";
}

// A pool with 1000 data and 1000 metadata blocks of which so many are used; a data block has 64 KiB.
struct Pool {
    int data, metadata = 10, mark = 0, data_total = 1000, metadata_total = 1000;
    const char* mode = "rw";
    const char* check = "-";
    const char* features = "0";
};

Asked asked(const Pool& pool, const char* type, dmev::Fields args = {}) {
    const auto n = [](int i) { return std::to_string(i); };
    return {"thin.extend",
            type,
            kPool,
            {"thin-pool", "253:0 253:1 128 " + n(pool.mark) + " " + pool.features,
             "0 " + n(pool.metadata) + "/" + n(pool.metadata_total) + " " + n(pool.data) + "/" +
                 n(pool.data_total) + " - " + pool.mode + " no_discard_passdown queue_if_no_space " +
                 pool.check + " 64 ",
             static_cast<std::uint64_t>(pool.data_total) * 128},
            std::move(args)};
}
std::pair<std::string, dmev::Value> arg(const char* name, std::uint64_t value) { return {name, {value}}; }

class Extend : public testing::Test {
 protected:
    std::string extend(const Pool& pool, const char* type = "thin.data_threshold",
                       dmev::Fields args = {}) const {
        return plan_of(thin_, asked(pool, type, std::move(args)));
    }
    const dmev::Plugin thin_ = *dmev::Plugin::adopt(&dmevent_plugin_entry, "thin.so", nullptr);
};

TEST_F(Extend, TakesAThresholdThatThePoolIsAbove) {
    EXPECT_EQ(extend({810}), policy(80, 20));
    EXPECT_EQ(extend({1000}), policy(80, 20)) << "so that the next mark leaves room";
    EXPECT_EQ(extend({800}), policy(79, 20)) << "LVM acts above its threshold alone";
    EXPECT_EQ(extend({701}), policy(70, 20));
    EXPECT_EQ(extend({501}), policy(50, 20));
}

TEST_F(Extend, KeepsTheMarkThatThePoolHas) {
    EXPECT_EQ(extend({.data = 701, .mark = 300}, "thin.low_water"), policy(70, 20));
    EXPECT_EQ(extend({.data = 999, .mark = 300}, "thin.overflow"), policy(70, 20));
    EXPECT_EQ(extend({.data = 700, .mark = 300}, "thin.low_water"), policy(69, 20));
    EXPECT_EQ(extend({.data = 721, .mark = 307, .data_total = 1024}, "thin.low_water"), policy(70, 20))
        << "307.2";
    EXPECT_EQ(extend({.data = 960, .mark = 700}, "thin.low_water"), policy(50, 20));
    EXPECT_EQ(extend({.data = 960, .mark = 5000}, "thin.low_water"), policy(80, 20));
}

TEST_F(Extend, DoesNothingWhereLvmWouldDoNothing) {
    EXPECT_EQ(extend({500}), "refused: 50 % of its data is used, not above 50 %");
    EXPECT_EQ(extend({0}), "refused: 0 % of its data is used, not above 50 %");
    EXPECT_EQ(extend({620}, "thin.low_water", {arg("threshold", 70)}),
              "refused: 62 % of its data is used, not above 70 %");
    EXPECT_EQ(extend({699}, "thin.low_water", {arg("threshold", 70)}),
              "refused: 69 % of its data is used, not above 70 %");
    EXPECT_EQ(extend({700}, "thin.low_water", {arg("threshold", 70)}), policy(69, 20)) << "the mark itself";
    EXPECT_EQ(extend({701}, "thin.low_water", {arg("threshold", 70)}), policy(70, 20));
    EXPECT_EQ(extend({.data = 0, .data_total = 0}), "refused: 0 % of its data is used, not above 50 %");
}

// Else each growth would lead to the next.
TEST_F(Extend, GrowsAgainOnlyWhatIsAboveItsMark) {
    for (const auto* type : {"thin.extended", "thin.recovered", "thin.needs_check"}) {
        EXPECT_EQ(extend({675}, type), "refused: 67 % of its data is used, not above 80 %") << type;
        EXPECT_EQ(extend({800}, type), "refused: 80 % of its data is used, not above 80 %") << type;
        EXPECT_EQ(extend({810}, type), policy(80, 20)) << type;
        EXPECT_EQ(extend({.data = 675, .mark = 300}, type),
                  "refused: 67 % of its data is used, not above 70 %");
        EXPECT_EQ(extend({.data = 701, .mark = 300}, type), policy(70, 20));
        EXPECT_EQ(extend({675}, type, {arg("threshold", 60)}), policy(60, 20));
    }
    for (const auto* type :
         {"thin.low_water", "thin.data_threshold", "thin.overflow", "thin.no_space_timeout"})
        EXPECT_EQ(extend({675}, type), policy(67, 20)) << type;
    for (const auto* type : {"thin.metadata_low_water", "thin.metadata_threshold"})
        EXPECT_EQ(extend({.data = 100, .metadata = 675}, type), policy(67, 20)) << type;
}

TEST_F(Extend, TakesWhatARuleGives) {
    EXPECT_EQ(extend({900}, "thin.low_water", {arg("percent", 35), arg("threshold", 75)}), policy(75, 35));
    for (const auto bad : {0, 49, 100})
        EXPECT_EQ(extend({900}, "thin.low_water", {arg("threshold", bad)}),
                  "refused: a threshold is 50 to 99 %: LVM takes less for 50, and 100 for never");
    for (const auto bad : {0, 1001})
        EXPECT_EQ(extend({900}, "thin.low_water", {arg("percent", bad)}), "refused: percent is 1 to 1000");
}

TEST_F(Extend, LooksAtMetadataWhereTheEventIsAboutIt) {
    EXPECT_EQ(extend({.data = 100, .metadata = 700}, "thin.metadata_threshold"), policy(69, 20));
    EXPECT_EQ(extend({.data = 100, .metadata = 700}, "thin.low_water"),
              "refused: 10 % of its data is used, not above 50 %");
    EXPECT_EQ(extend({.data = 900, .metadata = 100}, "thin.metadata_low_water"),
              "refused: 10 % of its metadata is used, not above 50 %");
    EXPECT_EQ(expected_of(plan(thin_, asked({900}, "thin.low_water"))), "grown data");
    EXPECT_EQ(expected_of(plan(thin_, asked({.data = 900, .metadata = 900}, "thin.metadata_low_water"))),
              "grown metadata");
}

// A quarter free, or 4 MiB of a large one.
TEST_F(Extend, KnowsLvmsOwnThresholdOfMetadata) {
    const auto at = [&](int used, int total) {
        return extend({.data = 1, .metadata = used, .metadata_total = total}, "thin.metadata_threshold",
                      {arg("threshold", 99)});
    };
    EXPECT_EQ(at(750, 1000), "refused: 75 % of its metadata is used, not above 75 %");
    EXPECT_EQ(at(751, 1000), policy(99, 20));
    EXPECT_EQ(at(3073, 4096), policy(99, 20));
    EXPECT_EQ(at(7127, 8192), "refused: 86 % of its metadata is used, not above 87 %");
    EXPECT_EQ(at(7128, 8192), policy(99, 20));
}

TEST_F(Extend, EndsAtItsMaxSize) {
    constexpr std::uint64_t size = 1000 * 65536; // of the pool
    const auto up_to = [&](int data, std::uint64_t most, const char* type = "thin.low_water",
                           int metadata = 10) {
        return extend({.data = data, .metadata = metadata}, type, {arg("max_size", most)});
    };
    EXPECT_EQ(up_to(810, size * 12 / 10), policy(80, 20));
    EXPECT_EQ(up_to(810, size * 12 / 10 - 512), "/usr/sbin/lvm|lvextend|--config|" + limits(80, 20) +
                                                    "|--size|153599s|vg-0/pool; if dmeventd nothing");
    EXPECT_EQ(up_to(1000, size * 124 / 100), "/usr/sbin/lvm|lvextend|--config|" + limits(80, 20) +
                                                 "|--size|158720s|vg-0/pool; if dmeventd nothing")
        << "25 % are needed";
    EXPECT_EQ(up_to(810, size), "refused: it has its max_size");
    EXPECT_EQ(up_to(810, size / 2), "refused: it has its max_size");
    EXPECT_EQ(up_to(810, 0), "refused: it has its max_size");
    EXPECT_EQ(up_to(400, size), "refused: 40 % of its data is used, not above 50 %");
    // Metadata is not counted, and grows alone where the policy would take the data too far.
    EXPECT_EQ(up_to(100, size, "thin.metadata_threshold", 810), policy(80, 20));
    EXPECT_EQ(up_to(990, size, "thin.metadata_threshold", 810),
              "/usr/sbin/lvm|lvextend|--config|" + limits(80, 20) +
                  "|--poolmetadatasize|+1600s|vg-0/pool; if dmeventd nothing");
}

TEST_F(Extend, LeavesABrokenPoolToItsRepair) {
    EXPECT_EQ(extend({.data = 990, .check = "needs_check"}),
              "refused: its metadata needs a check: deactivate the pool, then lvconvert --repair VG/POOL");
    EXPECT_EQ(extend({.data = 990, .mode = "ro"}),
              "refused: it is read-only, and not for want of metadata: see the "
              "kernel log, and lvconvert --repair VG/POOL");
    EXPECT_EQ(extend({.data = 990, .mode = "ro", .features = "1 read_only "}),
              "refused: its table asks for read-only");
    auto failed = asked({990}, "thin.failed");
    failed.now.status = "Fail";
    EXPECT_EQ(
        plan_of(thin_, failed),
        "refused: the pool has failed: deactivate it with its volumes, then lvconvert --repair VG/POOL");
    EXPECT_EQ(extend({.data = 100, .metadata = 1000, .mode = "ro"}, "thin.read_only"), policy(80, 20))
        << "what it lacks is metadata";
}

TEST_F(Extend, TouchesOnlyPoolsOfLvm) {
    auto other = asked({990}, "thin.low_water");
    for (const auto& [name, uuid] : {std::pair{"docker-pool", "docker-1-tpool"},
                                     {"vg-pool-tpool", ""},
                                     {"vg-pool", "LVM-0123"},
                                     {"-tpool", "LVM-1-tpool"},
                                     {"--x-p-tpool", "LVM-1-tpool"},
                                     {"v g-p-tpool", "LVM-1-tpool"},
                                     {"vg-$(id)-tpool", "LVM-1-tpool"}}) {
        other.device.name = name;
        other.device.uuid = uuid;
        EXPECT_EQ(plan_of(thin_, other), "refused: LVM did not make this pool") << name;
    }
    auto volume = asked({990}, "thin.volume_threshold");
    volume.now = {"thin", "253:2 1", "11520 11519", 65536};
    EXPECT_EQ(plan_of(thin_, volume), "refused: it is no thin pool");
    auto untold = asked({990}, "thin.low_water");
    untold.now.table = "";
    EXPECT_EQ(plan_of(thin_, untold), "refused: its status or its table is not understood");
}

TEST_F(Extend, GoesAboutItAsLvmNeeds) { check_lvm_plan(plan(thin_, asked({990}, "thin.low_water")), "vg-0"); }

// Whatever the numbers are, the threshold is one that LVM acts on.
TEST_F(Extend, BearsAnyNumbers) {
    for (const auto& one : read_cases(CASES)) {
        Mutator status{{one.now.status}}, table{{one.now.table}};
        for (int i = 0; i < 2000; ++i) {
            const auto planned = plan(thin_, {"thin.extend",
                                              "thin.low_water",
                                              kPool,
                                              {"thin-pool", table.next(), status.next(), one.now.length},
                                              {arg("max_size", static_cast<std::uint64_t>(i) << 40)}});
            ASSERT_NE(planned.outcome, dmev::Planned::Outcome::fault) << planned.because;
        }
    }
}

} // namespace
