// SPDX-License-Identifier: Apache-2.0
// Who else acts on a device is asked before a program is started.
#include "fixture.hpp"

namespace dmev {
namespace {

using How = Ended::How;

bool guard(const std::string& who, const std::string& about) {
    return who == "multipathd" && about == "managed";
}

Program guarded(std::vector<Program::Guard> guards) {
    auto program = shell("printf ours");
    program.guards = std::move(guards);
    return program;
}

const std::vector<std::string> theirs{"/bin/sh", "-c", "printf theirs"};

TEST(Guards, NobodyElse) {
    const auto ended =
        Dispatcher{"", guard}.end_of(guarded({{"dmeventd", "managed", {}}, {"multipathd", "x", {}}}));
    EXPECT_EQ(ended.how, How::exited);
    EXPECT_EQ(ended.output, "ours");
    EXPECT_EQ(ended.managed_by, "");
}

TEST(Guards, AManagerWithoutACommandOfItsOwnMeansRefusal) {
    const auto ended =
        Dispatcher{"", guard}.end_of(guarded({{"dmeventd", "y", {}}, {"multipathd", "managed", {}}}));
    EXPECT_EQ(ended.how, How::refused);
    EXPECT_EQ(ended.why, "multipathd manages the device");
    EXPECT_EQ(ended.output, "");
}

TEST(Guards, AManagersOwnCommandIsRunInstead) {
    const auto ended = Dispatcher{"", guard}.end_of(guarded({{"multipathd", "managed", theirs}}));
    EXPECT_EQ(ended.how, How::exited);
    EXPECT_EQ(ended.output, "theirs");
    EXPECT_EQ(ended.managed_by, "multipathd");
}

TEST(Guards, TheFirstThatSaysYesDecides) {
    const auto ended = Dispatcher{"", guard}.end_of(
        guarded({{"multipathd", "managed", theirs}, {"multipathd", "managed", {}}}));
    EXPECT_EQ(ended.output, "theirs");
}

TEST(Guards, WhereNobodyCanBeAskedNothingIsStarted) {
    const auto ended = Dispatcher{}.end_of(guarded({{"dmeventd", "x", theirs}}));
    EXPECT_EQ(ended.how, How::refused);
    EXPECT_EQ(ended.why, "dmeventd cannot be asked");
}

TEST(Guards, AReplacementIsHeldToTheSameRules) {
    Dispatcher dispatcher{"", guard};
    EXPECT_FALSE(dispatcher.programs->start("a", guarded({{"multipathd", "managed", {"relative"}}})));
}

} // namespace
} // namespace dmev
