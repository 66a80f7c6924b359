// SPDX-License-Identifier: Apache-2.0
#include "source/writes.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace dmev {
namespace {

using namespace std::chrono_literals;
using Devices = std::vector<DevNum>;

DevNum dev(unsigned minor) { return {253, minor}; }

class WritesTest : public testing::Test {
 protected:
    std::map<DevNum, std::uint64_t> counts;
    int asked = 0;
    Time now{};
    Writes writes{[this](DevNum device, Fd&) {
        ++asked;
        const auto it = counts.find(device);
        return it == counts.end() ? std::optional<std::uint64_t>{} : it->second;
    }};

    void wish(DevNum device, Duration by, Duration unwritten_by, bool near = false) {
        counts.try_emplace(device, 5);
        writes.wish({device, now + by, now + unwritten_by, near}, now);
    }
    // What is to be read when it next looks.
    Devices next() {
        now = writes.due().value_or(now);
        return writes.look(now);
    }
};

TEST_F(WritesTest, WhatWasWrittenToIsReadWhenItsTimeHasCome) {
    wish(dev(1), 10s, 60s);
    ++counts[dev(1)];
    EXPECT_EQ(writes.due(), now + 10s);
    EXPECT_EQ(writes.look(now + 5s), Devices{});
    EXPECT_EQ(next(), Devices{dev(1)});
    EXPECT_EQ(writes.due(), std::nullopt) << "until there is another wish";
}

TEST_F(WritesTest, WhatWasNotIsReadAtTheLatestTimeAlone) {
    wish(dev(1), 10s, 60s);
    const auto begin = now;
    while (next().empty()) ASSERT_LT(now, begin + 60s);
    EXPECT_EQ(now, begin + 60s);
}

TEST_F(WritesTest, WhatWasToBeReadSoonIsLookedAtLessAndLess) {
    wish(dev(1), 250ms, 60s);
    std::vector<Time> looks;
    for (Devices found; found.empty(); looks.push_back(now)) found = next();
    EXPECT_EQ(looks[0], Time{} + 250ms);
    EXPECT_EQ(looks[1], Time{} + 750ms);
    EXPECT_EQ(looks.back(), Time{} + 60s);
    EXPECT_LT(looks.size(), 15U);
}

TEST_F(WritesTest, WhatIsWrittenWhileItIsReadCounts) {
    wish(dev(1), 10s, 60s);
    ++counts[dev(1)];
    EXPECT_EQ(next(), Devices{dev(1)});
    ++counts[dev(1)]; // before the wish that its reading leads to
    wish(dev(1), 10s, 60s);
    EXPECT_EQ(next(), Devices{dev(1)});
}

TEST_F(WritesTest, NearALimitItIsReadWhenItWasWrittenToAndElseInTime) {
    wish(dev(1), 10s, 10s, true);
    const auto begin = now;
    while (next().empty()) ASSERT_LT(now, begin + 10s);
    EXPECT_EQ(now, begin + 10s);
    wish(dev(1), 10s, 10s, true);
    ++counts[dev(1)];
    EXPECT_EQ(next(), Devices{dev(1)});
    EXPECT_LE(now, begin + 11s);
}

TEST_F(WritesTest, ThoseWhoseTimeIsNearlyThereAreDealtWithAtOnce) {
    wish(dev(1), 10s, 60s);
    wish(dev(2), 12s, 60s);
    wish(dev(3), 14s, 60s);
    for (auto& [device, count] : counts) ++count;
    EXPECT_EQ(next(), (Devices{dev(1), dev(2)}));
    EXPECT_EQ(next(), Devices{dev(3)});
}

TEST_F(WritesTest, WhatIsForgottenIsNotRead) {
    wish(dev(1), 10s, 60s, true);
    writes.forget(dev(1));
    writes.forget(dev(2));
    EXPECT_EQ(writes.due(), std::nullopt);
}

TEST_F(WritesTest, NearALimitAWriteIsSeenSoonAndToldOnce) {
    wish(dev(1), 10s, 60s, true);
    wish(dev(2), 10s, 60s, true);
    wish(dev(3), 10s, 60s);
    EXPECT_EQ(writes.due(), now + 1s);
    EXPECT_EQ(next(), Devices{});
    for (auto& [device, count] : counts) ++count;
    EXPECT_EQ(next(), (Devices{dev(1), dev(2)}));
    for (auto& [device, count] : counts) ++count;
    EXPECT_EQ(next(), Devices{});
    EXPECT_EQ(now, Time{} + 3s);
    wish(dev(1), 10s, 60s);
    wish(dev(2), 10s, 60s); // not near any more
    EXPECT_EQ(writes.due(), Time{} + 10s);
}

TEST_F(WritesTest, NearALimitWhatIsWrittenToAllTheTimeIsToldLessAndLess) {
    wish(dev(1), 10s, 600s, true);
    std::vector<int> told;
    for (int look = 0; look < 40; ++look) {
        ++counts[dev(1)];
        if (next().empty()) continue;
        told.push_back(look);
        wish(dev(1), 100s, 600s, true);
    }
    EXPECT_EQ(told, (std::vector{0, 2, 5, 10, 19, 28, 37}));
    EXPECT_EQ(next(), Devices{}); // it stands still
    ++counts[dev(1)];
    EXPECT_EQ(next(), Devices{dev(1)});
}

TEST_F(WritesTest, OfManySomeAreLookedAtEachTime) {
    for (unsigned i = 0; i < 100; ++i) wish(dev(i), 10s, 60s, true);
    for (auto& [device, count] : counts) ++count;
    asked = 0;
    auto found = next();
    EXPECT_LT(asked, 100);
    EXPECT_EQ(found.size(), static_cast<std::size_t>(asked));
    const auto more = next();
    found.insert(found.end(), more.begin(), more.end());
    EXPECT_EQ(found.size(), 100U);
}

TEST_F(WritesTest, WhereNobodyCountsItIsRead) {
    wish(dev(1), 10s, 60s);
    counts.clear();
    EXPECT_EQ(next(), Devices{dev(1)});
    Fd file;
    EXPECT_EQ(writes_to({0, 0}, file), std::nullopt);
    EXPECT_FALSE(file);
}

} // namespace
} // namespace dmev
