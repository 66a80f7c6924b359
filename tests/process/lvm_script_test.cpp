// SPDX-License-Identifier: Apache-2.0
// What lvm would make of a line, and what no line can carry.
#include "process/lvm_script.hpp"

#include <gtest/gtest.h>

#include "lvm_split.hpp"

namespace dmev {
namespace {

using Arguments = std::vector<std::string>;

Arguments command(const Arguments& more) {
    Arguments argv{"/usr/sbin/lvm", "lvextend"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
}

TEST(LvmLine, IsTakenApartIntoTheSameArguments) {
    for (const auto& more : std::vector<Arguments>{
             {},
             {"vg/pool"},
             {"--use-policies", "--config", "a/b=70 c/d=20", "vg/pool"},
             {"--size", "+128s", "--config", "a=[1,2]", "vg-1/a_b.c+d"},
             {"", "x", ""},
             {" ", "a ", " b"},
             {"!&()*;<>?[]^{|}~", "~x", "a=b,c:d@e%f"},
         }) {
        const auto line = lvm_line(command(more));
        ASSERT_TRUE(line) << testing::PrintToString(more);
        auto expected = more;
        expected.insert(expected.begin(), "lvextend");
        EXPECT_EQ(split_as_lvm(*line), expected) << *line;
    }
}

TEST(LvmLine, IsWhatIsReadBest) {
    EXPECT_EQ(lvm_line(command({"--use-policies", "--config", "a/b=70 c/d=20", "vg/pool"})),
              "lvextend --use-policies --config 'a/b=70 c/d=20' vg/pool\n");
}

TEST(LvmLine, CarriesNothingThatIsNotExact) {
    for (const auto* bad :
         {"it's", "\"", "a\\b", "$x", "`x`", "#", "a#b", "a\nb", "a\tb", "\x01", "\x7f", "\xc3\xa4"})
        EXPECT_FALSE(lvm_line(command({bad}))) << bad;
    EXPECT_FALSE(lvm_line(command({std::string("a\0b", 3)})));
}

TEST(LvmLine, IsNeitherTooLongNorOfTooMany) {
    const std::string whole = "lvextend x\n";
    EXPECT_EQ(lvm_line(command({std::string(254 - whole.size() + 1, 'x')}))->size(), 254u);
    EXPECT_FALSE(lvm_line(command({std::string(254 - whole.size() + 2, 'x')})));
    EXPECT_TRUE(lvm_line(command(Arguments(30, "x"))));
    EXPECT_FALSE(lvm_line(command(Arguments(31, "x"))));
}

TEST(LvmLine, IsOfLvmAndACommandOfHooks) {
    EXPECT_TRUE(lvm_line({"/sbin/lvm", "lvconvert", "--repair", "vg/m"}));
    for (const auto& argv : std::vector<Arguments>{{},
                                                   {"/sbin/lvm"},
                                                   {"/sbin/lvextend", "lvextend"},
                                                   {"/bin/sh", "lvextend"},
                                                   {"lvm", "lvextend"},
                                                   {"/sbin/lvm", "quit"},
                                                   {"/sbin/lvm", "exit"},
                                                   {"/sbin/lvm", "/etc/script"},
                                                   {"/sbin/lvm", "vgremove", "vg"},
                                                   {"/sbin/lvm", " lvextend"},
                                                   {"/sbin/lvm", ""}})
        EXPECT_FALSE(lvm_line(argv)) << testing::PrintToString(argv);
}

TEST(LvmThatWaits, HasRoomInItsArgumentsForThoseOfALine) {
    const auto waiting = waiting_lvm("/usr/sbin/lvm", {});
    EXPECT_EQ(waiting.argv[1], "/proc/self/fd/0");
    EXPECT_GE(waiting.argv.size(), 2 + 64u);
}

class MayRun : public testing::Test {
 protected:
    MayRun() {
        program.argv = command({"vg/pool"});
        program.env = {{"DMEVENT_ID", "1"}, {"B", "2"}, {"A", "1"}};
        program.interruptible = false;
        program.by_hook = true;
    }
    Program waiting = waiting_lvm("/usr/sbin/lvm", {{"A", "1"}, {"B", "2"}});
    Program program;
};

TEST_F(MayRun, WhatAHookPlanned) {
    EXPECT_TRUE(may_run(waiting, program));
    program.by_hook = false;
    EXPECT_FALSE(may_run(waiting, program));
}
TEST_F(MayRun, WhatIsNeverKilled) {
    program.interruptible = true;
    EXPECT_FALSE(may_run(waiting, program));
}
TEST_F(MayRun, TheSameLvm) {
    program.argv[0] = "/opt/lvm";
    EXPECT_FALSE(may_run(waiting, program));
}
TEST_F(MayRun, WithTheSameRights) {
    program.as_self = false;
    EXPECT_FALSE(may_run(waiting, program));
}
TEST_F(MayRun, WithTheSameEnvironment) {
    for (const auto& env : std::vector<std::vector<std::pair<std::string, std::string>>>{
             {{"A", "1"}}, {{"A", "1"}, {"B", "3"}}, {{"A", "1"}, {"B", "2"}, {"LVM_SYSTEM_DIR", "/x"}}}) {
        program.env = env;
        EXPECT_FALSE(may_run(waiting, program)) << testing::PrintToString(env);
    }
}
TEST_F(MayRun, WhatALineCarries) {
    program.argv.push_back("it's");
    EXPECT_FALSE(may_run(waiting, program));
}

} // namespace
} // namespace dmev
