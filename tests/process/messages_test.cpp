// SPDX-License-Identifier: Apache-2.0
#include "process/messages.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dmev {
namespace {

using std::chrono::milliseconds;

Order an_order() {
    Order order{"a-1", "/run/x/jobs", {4711, 1ull << 40}, {}};
    auto& program = order.program;
    program.argv = {"/bin/x", "", "two words", std::string("n\xff", 2)};
    program.env = {{"A", "1"}, {"B", ""}};
    program.as_self = false;
    program.uid = 65534;
    program.gid = 7;
    program.groups = {7, 8};
    program.timeout = milliseconds{12345};
    program.grace = milliseconds{6};
    program.interruptible = false;
    program.by_hook = true;
    program.guards = {{"dmeventd", "LVM-x", {}}, {"multipathd", "mpatha", {"/sbin/multipathd", "-k"}}};
    program.note = "{}";
    return order;
}

Ended an_end() {
    Ended ended;
    ended.how = Ended::How::signalled;
    ended.stuck = true;
    ended.status = 9;
    ended.timed_out = true;
    ended.duration = milliseconds{1234};
    ended.why = "why";
    ended.managed_by = "multipathd";
    ended.output = std::string("a\0\xff", 3);
    ended.output_bytes = 1ull << 33;
    ended.suspended = {"vg-a", "vg-b"};
    return ended;
}

Ended back(const Ended& ended) {
    const auto report = decode_report(encode(Report{ended}));
    EXPECT_TRUE(report && std::holds_alternative<Ended>(*report));
    return report ? std::get<Ended>(*report) : Ended{};
}

TEST(Messages, AnOrderComesBackAsItWasButForItsInput) {
    auto given = an_order();
    given.program.input = "not in here";
    const auto order = decode_order(encode(given));
    ASSERT_TRUE(order);
    EXPECT_EQ(order->id, given.id);
    EXPECT_EQ(order->jobs, given.jobs);
    EXPECT_EQ(order->dispatcher, given.dispatcher);
    const auto& program = order->program;
    EXPECT_EQ(program.argv, given.program.argv);
    EXPECT_EQ(program.env, given.program.env);
    EXPECT_EQ(program.input, "");
    EXPECT_FALSE(program.as_self);
    EXPECT_EQ(program.uid, 65534u);
    EXPECT_EQ(program.gid, 7u);
    EXPECT_EQ(program.groups, given.program.groups);
    EXPECT_EQ(program.timeout, milliseconds{12345});
    EXPECT_EQ(program.grace, milliseconds{6});
    EXPECT_FALSE(program.interruptible);
    ASSERT_EQ(program.guards.size(), 2u);
    EXPECT_EQ(program.guards[1].who, "multipathd");
    EXPECT_EQ(program.guards[1].about, "mpatha");
    EXPECT_EQ(program.guards[1].instead, (std::vector<std::string>{"/sbin/multipathd", "-k"}));
    EXPECT_EQ(program.note, "{}");
}

TEST(Messages, ReportsComeBackAsTheyWere) {
    const auto started = decode_report(encode(Report{Started{{77, 1ull << 40}}}));
    ASSERT_TRUE(started);
    EXPECT_EQ(std::get<Started>(*started).process, (ProcessId{77, 1ull << 40}));
    const auto overdue = decode_report(encode(Report{Overdue{milliseconds{5}}}));
    ASSERT_TRUE(overdue);
    EXPECT_EQ(std::get<Overdue>(*overdue).after, milliseconds{5});
    const auto ended = back(an_end());
    EXPECT_EQ(ended.how, Ended::How::signalled);
    EXPECT_TRUE(ended.stuck);
    EXPECT_EQ(ended.status, 9);
    EXPECT_TRUE(ended.timed_out);
    EXPECT_EQ(ended.duration, milliseconds{1234});
    EXPECT_EQ(ended.why, "why");
    EXPECT_EQ(ended.managed_by, "multipathd");
    EXPECT_EQ(ended.output, std::string("a\0\xff", 3));
    EXPECT_EQ(ended.output_bytes, 1ull << 33);
    EXPECT_EQ(ended.suspended, (std::vector<std::string>{"vg-a", "vg-b"}));
}

TEST(Messages, AnEndAlwaysFitsAPacket) {
    Ended ended;
    ended.why.assign(1 << 20, 'w');
    ended.managed_by.assign(1 << 20, 'm');
    ended.output = std::string(1 << 20, 'x') + "the end";
    ended.suspended.assign(10'000, std::string(1000, 's'));
    EXPECT_LT(encode(Report{ended}).size(), max_report);
    EXPECT_TRUE(back(ended).output.ends_with("the end"));
    EXPECT_EQ(back(ended).suspended.size(), 64u);
}

TEST(Messages, OneKindIsNoOther) {
    EXPECT_FALSE(decode_report(encode(an_order())));
    EXPECT_FALSE(decode_order(encode(Report{an_end()})));
    EXPECT_FALSE(decode_report(""));
    EXPECT_FALSE(decode_order(""));
}

TEST(Messages, EveryCutAndEveryTailIsRefused) {
    const auto order = encode(an_order()), report = encode(Report{an_end()});
    for (std::size_t n = 0; n < order.size(); ++n) EXPECT_FALSE(decode_order(order.substr(0, n))) << n;
    for (std::size_t n = 0; n < report.size(); ++n) EXPECT_FALSE(decode_report(report.substr(0, n))) << n;
    EXPECT_FALSE(decode_order(order + '\0'));
    EXPECT_FALSE(decode_report(report + '\0'));
}

TEST(Messages, SurviveMutations) {
    std::mt19937 random{5};
    const auto order = encode(an_order()), report = encode(Report{an_end()});
    std::size_t accepted = 0;
    const auto mutated = [&](std::string bytes) {
        for (auto n = 1 + random() % 3; n > 0; --n)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        return bytes;
    };
    for (int round = 0; round < 30000; ++round) {
        // One value has one form.
        const auto first = mutated(order), second = mutated(report);
        if (const auto o = decode_order(first)) {
            ++accepted;
            ASSERT_EQ(encode(*o), first);
        }
        if (const auto r = decode_report(second)) {
            ++accepted;
            ASSERT_EQ(encode(*r), second);
        }
    }
    EXPECT_GT(accepted, 1000u);
}

} // namespace
} // namespace dmev
