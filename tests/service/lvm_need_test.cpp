// SPDX-License-Identifier: Apache-2.0
#include "service/lvm_need.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace dmev {
namespace {

using std::chrono::milliseconds;

class Need : public testing::Test {
 protected:
    template <class P>
    bool await(P so) {
        const auto until = Loop::Clock::now() + std::chrono::seconds{30};
        while (!so() && Loop::Clock::now() < until) EXPECT_TRUE(loop.step(milliseconds{1000}));
        return so();
    }
    Loop loop = *Loop::create();
    bool near = false;
    std::uint64_t newest = 0;
    int asked = 0;
    std::vector<bool> told;
    LvmNeed need{loop,
                 {[this] {
                      ++asked;
                      return Engine::Prospect{near, newest};
                  },
                  [this](bool needed) { told.push_back(needed); }},
                 milliseconds{1500}};
};

TEST_F(Need, IsToldOnceItIsAnother) {
    need.look();
    EXPECT_TRUE(told.empty());
    near = true;
    need.look();
    EXPECT_TRUE(await([&] { return !told.empty(); }));
    EXPECT_EQ(told, std::vector{true});
}

TEST_F(Need, IsAskedForOnceASecondHoweverOftenThereIsAReason) {
    const auto begin = Loop::Clock::now();
    for (int i = 0; i < 1000; ++i) need.look();
    EXPECT_EQ(asked, 1);
    EXPECT_TRUE(await([&] { return asked == 2; }));
    EXPECT_GE(Loop::Clock::now() - begin, LvmNeed::every);
}

TEST_F(Need, LastsAWhile) {
    near = true;
    const auto begin = Loop::Clock::now();
    need.look();
    EXPECT_EQ(told, std::vector{true});
    near = false;
    need.look();
    EXPECT_TRUE(await([&] { return told.size() == 2; }));
    EXPECT_EQ(told, (std::vector{true, false}));
    EXPECT_GE(Loop::Clock::now() - begin, milliseconds{1500});
}

TEST_F(Need, IsTakenForGrantedWithANewVolume) {
    newest = 7;
    need.look();
    EXPECT_EQ(told, std::vector{true});
    need.look();
    EXPECT_TRUE(await([&] { return told.size() == 2; })) << "the same one is not new for ever";
    newest = 3; // that one is gone
    need.look();
    newest = 8;
    need.look();
    EXPECT_TRUE(await([&] { return told.size() == 3; }));
    EXPECT_TRUE(told.back());
}

TEST_F(Need, ThatComesBackMeanwhileWasNeverGone) {
    near = true;
    need.look();
    near = false;
    need.look();
    EXPECT_TRUE(await([&] { return asked == 2; }));
    near = true;
    need.look();
    EXPECT_TRUE(await([&] { return asked == 3; }));
    EXPECT_EQ(told, std::vector{true});
}

} // namespace
} // namespace dmev
