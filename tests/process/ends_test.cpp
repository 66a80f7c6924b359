// SPDX-License-Identifier: Apache-2.0
// How programs end, by themselves or not.
#include <fstream>

#include "fixture.hpp"
#include "process/capture.hpp"

namespace dmev {
namespace {

using How = Ended::How;

// What a program may need, on a machine with other things to do, until it does what the test is about.
constexpr milliseconds get_going{1500};

TEST(Ends, ExitStatusSignalAndDuration) {
    Dispatcher dispatcher;
    const auto exited = dispatcher.end_of(shell("printf out; printf err >&2; exit 7"));
    EXPECT_EQ(exited.how, How::exited);
    EXPECT_EQ(exited.status, 7);
    EXPECT_EQ(exited.output, "outerr");
    EXPECT_EQ(exited.output_bytes, 6u);
    EXPECT_FALSE(exited.timed_out);
    EXPECT_EQ(exited.why, "");
    const auto signalled = dispatcher.end_of(shell("kill -USR1 $$"));
    EXPECT_EQ(signalled.how, How::signalled);
    EXPECT_EQ(signalled.status, SIGUSR1);
    EXPECT_FALSE(signalled.timed_out);
    const auto slept = dispatcher.end_of(shell("sleep 0.3"));
    EXPECT_GE(slept.duration, milliseconds{300});
    EXPECT_LT(slept.duration, patience);
}

TEST(Ends, HundredMegabytesAreReadAndTheLastOfThemKept) {
    const auto ended = Dispatcher{}.end_of(shell("head -c 100000000 /dev/zero; printf 'the end'"));
    EXPECT_EQ(ended.how, How::exited);
    EXPECT_EQ(ended.output_bytes, 100'000'007u);
    EXPECT_EQ(ended.output.size(), Capture::kept);
    EXPECT_TRUE(ended.output.ends_with("the end"));
    EXPECT_LT(ended.duration, std::chrono::seconds{20});
}

TEST(Ends, WhatCannotBeExecutedSaysWhy) {
    const TempDir dir;
    std::ofstream{dir / "plain"} << "#!/bin/sh\n";
    std::ofstream{dir / "garbage"} << "\x7f no program";
    std::ofstream{dir / "orphan"} << "#!/no/such/interpreter\n";
    for (const auto* name : {"garbage", "orphan"}) ASSERT_EQ(chmod((dir / name).c_str(), 0755), 0);
    Dispatcher dispatcher;
    const std::pair<std::string, int> cases[] = {{"/no/such/program", ENOENT}, {dir / "plain", EACCES},
                                                 {dir / "garbage", ENOEXEC},   {dir.path(), EACCES},
                                                 {dir / "orphan", ENOENT},     {dir / "plain/x", ENOTDIR}};
    for (const auto& [path, error] : cases) {
        const auto ended = dispatcher.end_of(run({path}));
        EXPECT_EQ(ended.how, How::not_started) << path;
        EXPECT_EQ(ended.status, error) << path;
        EXPECT_EQ(ended.why, "cannot execute it");
    }
}

TEST(Ends, WhatTheKernelWouldMisreadIsNotStarted) {
    Dispatcher dispatcher;
    auto nul = shell("exit 0", {std::string("a\0b", 3)});
    auto env = shell("exit 0");
    env.env.emplace_back("A=B", "");
    for (const auto& program : {run({}), run({"true"}), nul, env})
        EXPECT_FALSE(dispatcher.programs->start("x", program));
    for (const auto* id : {"", "A", "a/b", "a.b", ".."})
        EXPECT_FALSE(dispatcher.programs->start(id, shell("exit 0"))) << id;
}

TEST(Ends, OneThatTakesTooLongIsTerminated) {
    auto program = shell("echo $$; exec sleep 1000");
    program.timeout = get_going;
    program.grace = patience;
    const auto ended = Dispatcher{}.end_of(program);
    EXPECT_EQ(ended.how, How::signalled);
    EXPECT_EQ(ended.status, SIGTERM);
    EXPECT_TRUE(ended.timed_out);
    EXPECT_GE(ended.duration, program.timeout);
    EXPECT_LT(ended.duration, program.grace);
    EXPECT_FALSE(is_there(numbers(ended.output).at(0)));
}

TEST(Ends, OneThatIgnoresTheSignalIsKilledWithAllOfItsGroup) {
    auto program = shell("trap '' TERM; (while :; do sleep 1000; done) & echo $! $$; wait; wait");
    program.timeout = get_going;
    program.grace = milliseconds{300};
    const auto ended = Dispatcher{}.end_of(program);
    EXPECT_EQ(ended.how, How::signalled);
    EXPECT_EQ(ended.status, SIGKILL);
    EXPECT_TRUE(ended.timed_out);
    EXPECT_GE(ended.duration, program.timeout + program.grace);
    for (const pid_t pid : numbers(ended.output)) EXPECT_FALSE(is_there(pid)) << pid;
}

TEST(Ends, OneIsTerminatedThoughItHasNotBegun) {
    Dispatcher dispatcher;
    for (int i = 0; i < 20; ++i) {
        auto program = shell("exec sleep 1000");
        program.timeout = milliseconds{0};
        program.grace = patience;
        const auto ended = dispatcher.end_of(program);
        EXPECT_EQ(ended.how, How::signalled);
        EXPECT_EQ(ended.status, SIGTERM);
    }
}

TEST(Ends, AStoppedOneIsTerminatedToo) {
    auto program = shell("kill -STOP $$; exit 1");
    program.timeout = get_going;
    program.grace = patience;
    const auto ended = Dispatcher{}.end_of(program);
    EXPECT_EQ(ended.how, How::signalled);
    EXPECT_EQ(ended.status, SIGTERM);
}

TEST(Ends, WhatAnInterruptibleOneLeavesBehindIsEnded) {
    Dispatcher dispatcher;
    for (const std::string kind : {"", "deaf"}) {
        auto program = run({trusted(LEAVER), kind});
        program.grace = milliseconds{300};
        const auto ended = dispatcher.end_of(program);
        EXPECT_EQ(ended.how, How::exited);
        EXPECT_EQ(ended.why, "it left 3 processes behind, ended now");
        const auto left = numbers(ended.output);
        ASSERT_EQ(left.size(), 3u);
        for (const pid_t pid : left) EXPECT_FALSE(is_there(pid)) << kind << pid;
    }
}

TEST(Ends, ATimeoutReachesThoseWhoLeftTheGroup) {
    auto program = shell("\"$0\" deaf; exec sleep 1000");
    program.argv[3] = trusted(LEAVER);
    program.timeout = get_going;
    program.grace = milliseconds{300};
    const auto ended = Dispatcher{}.end_of(program);
    EXPECT_TRUE(ended.timed_out);
    const auto left = numbers(ended.output);
    ASSERT_EQ(left.size(), 3u);
    for (const pid_t pid : left) EXPECT_FALSE(is_there(pid)) << pid;
}

TEST(Ends, WhatAnUninterruptibleOneLeavesBehindIsLeftAloneAndDelaysNothing) {
    auto program = run({trusted(LEAVER)});
    program.interruptible = false;
    const auto ended = Dispatcher{}.end_of(program); // while they hold its output
    EXPECT_EQ(ended.how, How::exited);
    EXPECT_EQ(ended.why, "");
    EXPECT_LT(ended.duration, std::chrono::seconds{10});
    const auto left = numbers(ended.output);
    ASSERT_EQ(left.size(), 3u);
    for (const pid_t pid : left) EXPECT_EQ(kill(pid, SIGKILL), 0) << pid;
}

TEST(Ends, AnUninterruptibleOneIsOverdueOnceAndNotTouched) {
    const TempDir dir;
    const Fifo gate{dir / "gate"};
    auto program =
        shell("trap 'echo touched' TERM INT HUP; read x <\"$1\"; echo done; exit 3", {gate.path()});
    program.interruptible = false;
    program.timeout = program.grace = milliseconds{50};
    Dispatcher dispatcher;
    ASSERT_TRUE(dispatcher.programs->start("a", program));
    ASSERT_TRUE(dispatcher.await([&] { return !dispatcher.overdue.empty(); }));
    EXPECT_TRUE(dispatcher.loop.step(milliseconds{300})); // far beyond what would be its grace
    EXPECT_TRUE(dispatcher.ended.empty());
    gate.write_line();
    const auto ended = dispatcher.end_of("a");
    EXPECT_EQ(ended.how, How::exited);
    EXPECT_EQ(ended.status, 3);
    EXPECT_EQ(ended.output, "done\n");
    EXPECT_FALSE(ended.timed_out);
    EXPECT_EQ(dispatcher.overdue, std::vector<std::string>{"a"});
}

TEST(Ends, ManyAtOnceEachHaveTheirOwn) {
    Dispatcher dispatcher;
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(dispatcher.programs->start("n" + std::to_string(i),
                                               shell("printf %s \"$1\"; exit $1", {std::to_string(i)})));
    ASSERT_TRUE(dispatcher.await([&] { return dispatcher.ended.size() == 20; }));
    for (int i = 0; i < 20; ++i) {
        const auto& ended = dispatcher.ended["n" + std::to_string(i)];
        EXPECT_EQ(ended.status, i);
        EXPECT_EQ(ended.output, std::to_string(i));
    }
}

} // namespace
} // namespace dmev
