// SPDX-License-Identifier: Apache-2.0
#include "plugin/trial.hpp"

#include <map>
#include <random>

#include "plugin/preflight.hpp"
#include "zoo.hpp"

namespace dmev {
namespace {

TEST(Trial, TakesTheSoundOneAndLeavesNothingOfItHere) {
    const Cage cage;
    const auto trial = try_library(cage.put("sound"), std::chrono::seconds{5});
    EXPECT_TRUE(trial) << trial.error().text();
    EXPECT_EQ(bytes_of("/proc/self/maps").find(cage.path().native()), std::string::npos);
}

TEST(Trial, GivesTheReasonInOnePiece) {
    const Cage cage;
    const auto trial = try_library(cage.put("wrong_size"), std::chrono::seconds{5});
    ASSERT_FALSE(trial);
    EXPECT_EQ(trial.error().why, "its descriptor has 8 bytes, at least " +
                                     std::to_string(sizeof(dmevent_plugin)) + " are needed");
    EXPECT_EQ(trial.error().remedy, "rebuild the plugin against this program's <dmevent/plugin.h>");
}

// Preflight reads headers only. What it cannot see must not get further than the child.
TEST(Trial, ContainsWhatPreflightCannotSee) {
    const Cage cage;
    const auto file = cage.put("sound");
    const auto whole = bytes_of(file);
    std::mt19937 random{7};
    int crashed = 0;
    for (int turn = 0; turn < 150; ++turn) {
        auto mutant = whole;
        for (int n = 0; n < 40; ++n)
            mutant[random() % std::min<size_t>(mutant.size(), 12288)] ^= 1 << random() % 8;
        std::ofstream{file, std::ios::binary} << mutant;
        if (!preflight(file, geteuid())) continue;
        const auto trial = try_library(file, std::chrono::seconds{2});
        crashed += !trial && trial.error().why.find("crashed") != std::string::npos;
        EXPECT_TRUE(trial || !trial.error().why.empty());
    }
    EXPECT_GT(crashed, 0); // it was dangerous
}

} // namespace
} // namespace dmev
