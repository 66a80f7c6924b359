// SPDX-License-Identifier: Apache-2.0
#include "source/written.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace dmev {
namespace {

using Devices = std::vector<DevNum>;

DevNum dev(unsigned minor) { return {253, minor}; }

class WrittenTest : public testing::Test {
 protected:
    std::map<DevNum, std::uint64_t> counts;
    int asked = 0;
    Written written{[this](DevNum device) {
        ++asked;
        const auto it = counts.find(device);
        return it == counts.end() ? std::optional<std::uint64_t>{} : it->second;
    }};
};

TEST_F(WrittenTest, TellsOnceAndLeavesAloneUntilWatchedAgain) {
    counts[dev(1)] = 5;
    counts[dev(2)] = 5;
    written.watch(dev(1));
    written.watch(dev(2));
    EXPECT_EQ(written.look(), Devices{});
    ++counts[dev(2)];
    EXPECT_EQ(written.look(), Devices{dev(2)});
    ++counts[dev(2)];
    EXPECT_EQ(written.look(), Devices{});
    written.forget(dev(1));
    EXPECT_FALSE(written.empty());
    written.forget(dev(2));
    EXPECT_TRUE(written.empty());
}

TEST_F(WrittenTest, WhatWasWrittenWhileItWasReadCounts) {
    counts[dev(1)] = 5;
    written.watch(dev(1));
    ++counts[dev(1)];
    written.watch(dev(1)); // it was read before it was written to
    EXPECT_EQ(written.look(), Devices{dev(1)});
}

TEST_F(WrittenTest, WhatIsWrittenToAllTheTimeIsToldLessAndLess) {
    counts[dev(1)] = 0;
    written.watch(dev(1));
    std::vector<int> told;
    for (int look = 0; look < 40; ++look) {
        ++counts[dev(1)];
        if (written.look().empty()) continue;
        told.push_back(look);
        written.watch(dev(1));
    }
    EXPECT_EQ(told, (std::vector{0, 2, 5, 10, 19, 28, 37}));
    EXPECT_EQ(written.look(), Devices{}); // it stands still
    ++counts[dev(1)];
    EXPECT_EQ(written.look(), Devices{dev(1)});
}

TEST_F(WrittenTest, OfManySomeAreLookedAtEachTime) {
    for (unsigned i = 0; i < 100; ++i) {
        counts[dev(i)] = 0;
        written.watch(dev(i));
    }
    for (auto& [device, count] : counts) ++count;
    asked = 0;
    auto found = written.look();
    EXPECT_LT(asked, 100);
    EXPECT_EQ(found.size(), static_cast<std::size_t>(asked));
    const auto more = written.look();
    found.insert(found.end(), more.begin(), more.end());
    EXPECT_EQ(found.size(), 100U);
}

TEST_F(WrittenTest, WhatIsGoneIsToldOnce) {
    counts[dev(1)] = 1;
    written.watch(dev(1));
    counts.clear();
    EXPECT_EQ(written.look(), Devices{dev(1)}); // reading it tells more
    written.watch(dev(1));
    EXPECT_EQ(written.look(), Devices{});
    EXPECT_EQ(writes_to({0, 0}), std::nullopt);
}

} // namespace
} // namespace dmev
