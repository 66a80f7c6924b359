// SPDX-License-Identifier: Apache-2.0
// What is read from /proc, /sys and job files.
#include "process/proc.hpp"

#include <fstream>

#include "fixture.hpp"
#include "process/suspended_devices.hpp"

namespace dmev {
namespace {

const std::string fields_4_to_22 = " 1 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654321012";

TEST(Proc, AStatIsReadPastAnyName) {
    for (const std::string name : {"sh", "a b", ") S 99 (", "x) R 1", "", "\n"}) {
        const auto stat = parse_stat("12 (" + name + ") Z" + fields_4_to_22 + " 23 24\n");
        ASSERT_TRUE(stat) << name;
        EXPECT_EQ(stat->state, 'Z');
        EXPECT_EQ(stat->parent, 1);
        EXPECT_EQ(stat->start, 987654321012u);
    }
    EXPECT_TRUE(parse_stat("1 (x) S" + fields_4_to_22));
    for (const std::string text : {"", "1", "1 (x)", "1 (x) ", "1 (x) S 1", "1 (x) S x 2 3"})
        EXPECT_FALSE(parse_stat(text)) << text;
}

TEST(Proc, WeLiveAndTheOneBeforeUsWithOurNumberDoesNot) {
    auto self = own_process_id();
    EXPECT_EQ(self.pid, getpid());
    EXPECT_GT(self.start, 0u);
    EXPECT_TRUE(lives(self));
    --self.start;
    EXPECT_FALSE(lives(self));
}

bool holds(const std::vector<ProcessId>& all, pid_t pid) {
    return std::any_of(all.begin(), all.end(), [&](const auto& process) { return process.pid == pid; });
}

TEST(Proc, AZombieIsThereAndDoesNotLive) {
    const pid_t pid = fork();
    if (pid == 0) _exit(0);
    EXPECT_TRUE(ends(pidfd_of(pid)));
    const auto stat = stat_of(pid);
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->state, 'Z');
    EXPECT_FALSE(lives({pid, stat->start}));
    const auto all = descendants(getpid());
    EXPECT_FALSE(holds(all, pid));
    waitpid(pid, nullptr, 0);
    EXPECT_FALSE(stat_of(pid));
}

TEST(Proc, DescendantsAreFoundAtAnyDepth) {
    int ready[2];
    ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
    const pid_t child = fork();
    if (child == 0) {
        const pid_t grandchild = fork();
        if (grandchild == 0) {
            [[maybe_unused]] const auto n = write(ready[1], "r", 1);
            for (;;) pause();
        }
        [[maybe_unused]] const auto n = write(ready[1], &grandchild, sizeof grandchild);
        for (;;) pause();
    }
    char bytes[5] = {};
    for (std::size_t have = 0; have < sizeof bytes;) {
        const auto n = read(ready[0], bytes + have, sizeof bytes - have);
        ASSERT_GT(n, 0);
        have += static_cast<std::size_t>(n);
    }
    const auto all = descendants(getpid());
    EXPECT_TRUE(holds(all, child));
    EXPECT_TRUE(std::all_of(all.begin(), all.end(), lives)) << "their start times tell them from others";
    EXPECT_EQ(all.size(), 2u);
    EXPECT_EQ(descendants(child).size(), 1u);
    for (const auto& process : all) kill(process.pid, SIGKILL);
    waitpid(child, nullptr, 0);
    close(ready[0]);
    close(ready[1]);
}

void make_device(const TempDir& block, const std::string& node, const std::string& suspended,
                 const std::string& name) {
    std::filesystem::create_directories(block / (node + "/dm"));
    std::ofstream{block / (node + "/dm/suspended")} << suspended << "\n";
    std::ofstream{block / (node + "/dm/name")} << name << "\n";
}

TEST(SuspendedDevices, AreNamedAndSorted) {
    const TempDir block;
    make_device(block, "dm-0", "1", "vg-z");
    make_device(block, "dm-1", "0", "vg-runs");
    make_device(block, "dm-2", "1", "a \n b");
    make_device(block, "sda", "1", "no device of ours");
    std::filesystem::create_directories(block / "dm-3");
    EXPECT_EQ(suspended_devices(block.path()), (std::vector<std::string>{"a \n b", "vg-z"}));
    EXPECT_TRUE(suspended_devices(block / "missing").empty());
}

TEST(JobRecord, ComesBackAsItWas) {
    Order order{"a-1", "/x", {17, 4}, {}};
    order.program.argv = {"/bin/x", "\xff\n\""};
    order.program.note = "{\"a\":\"\\u0000\u00e9\"}";
    const auto text = write_job(order, {18, 5});
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << "one line";
    const auto record = read_job(text);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->dispatcher, order.dispatcher);
    EXPECT_EQ(record->shepherd, 18);
    EXPECT_EQ(record->note, order.program.note);
}

TEST(JobRecord, WhatIsNoneIsRefused) {
    const auto good = write_job({"a", "", {17, 4}, {}}, {18, 5});
    ASSERT_TRUE(read_job(good));
    for (std::size_t n = 0; n + 1 < good.size(); ++n) EXPECT_FALSE(read_job(good.substr(0, n))) << n;
    for (const std::string text :
         {"null", "[]", "{}", R"({"dispatcher":1,"shepherd":2,"note":""})",
          R"({"dispatcher":{"pid":0,"start":1},"shepherd":{"pid":1,"start":1},"note":""})",
          R"({"dispatcher":{"pid":1,"start":-1},"shepherd":{"pid":1,"start":1},"note":""})",
          R"({"dispatcher":{"pid":1,"start":1},"shepherd":{"pid":1,"start":1},"note":7})"})
        EXPECT_FALSE(read_job(text)) << text;
}

} // namespace
} // namespace dmev
