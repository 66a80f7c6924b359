// SPDX-License-Identifier: Apache-2.0
// Launcher or shepherd die, answer late, or the program cannot die.
#include <sys/ptrace.h>

#include "fixture.hpp"

namespace dmev {
namespace {

using How = Ended::How;

// A program that tells who watches it and itself, and waits at a gate.
struct Waiting {
    explicit Waiting(Dispatcher& dispatcher, bool interruptible = true, milliseconds timeout = patience) {
        auto program = shell("echo $PPID $$ >\"$1\"; read x <\"$2\"; exit 7", {told.path(), gate.path()});
        program.interruptible = interruptible;
        program.timeout = timeout;
        EXPECT_TRUE(dispatcher.programs->start("waits", program));
        const auto pids = numbers(told.read_line());
        shepherd = pids.at(0);
        program_pid = pids.at(1);
    }
    TempDir dir;
    Fifo told{dir / "told"}, gate{dir / "gate"};
    pid_t shepherd = 0, program_pid = 0;
};

pid_t launcher_of(const Waiting& waiting) { return stat_of(waiting.shepherd)->parent; }

TEST(Losses, TheLaunchersEndShowsOnItsSocket) {
    Dispatcher dispatcher;
    const Waiting waiting{dispatcher};
    pollfd hung_up{dispatcher.launcher.socket(), 0, 0};
    EXPECT_EQ(poll(&hung_up, 1, 0), 0);
    kill(launcher_of(waiting), SIGKILL);
    EXPECT_EQ(poll(&hung_up, 1, static_cast<int>(milliseconds{patience}.count())), 1);
    EXPECT_NE(hung_up.revents & POLLHUP, 0);
    waiting.gate.write_line();
    dispatcher.end_of("waits");
}

TEST(Losses, ProgramsGoOnWithoutTheLauncher) {
    Dispatcher dispatcher;
    const Waiting waiting{dispatcher};
    const auto launcher = launcher_of(waiting);
    ASSERT_EQ(stat_of(launcher)->parent, getpid());
    kill(launcher, SIGKILL);
    ASSERT_EQ(waitpid(launcher, nullptr, 0), launcher);
    EXPECT_FALSE(dispatcher.programs->start("other", shell("exit 0")));
    waiting.gate.write_line();
    const auto ended = dispatcher.end_of("waits");
    EXPECT_EQ(ended.how, How::exited);
    EXPECT_EQ(ended.status, 7);
}

TEST(Losses, AProgramWhoseShepherdDiesIsLostOnceItIsGoneItself) {
    const TempDir run_dir;
    Dispatcher dispatcher{run_dir.path()};
    const Waiting waiting{dispatcher, false, milliseconds{20}};
    // What is said before that has then been heard too.
    ASSERT_TRUE(dispatcher.await([&] { return !dispatcher.overdue.empty(); }));
    const auto shepherd = pidfd_of(waiting.shepherd);
    kill(waiting.shepherd, SIGKILL);
    ASSERT_TRUE(ends(shepherd));
    EXPECT_TRUE(dispatcher.loop.step(milliseconds{300}));
    EXPECT_TRUE(dispatcher.loop.step(milliseconds{300}));
    EXPECT_TRUE(dispatcher.ended.empty()) << "it may change its devices still";
    EXPECT_TRUE(is_there(waiting.program_pid)) << "it is not ended for that";
    kill(waiting.program_pid, SIGKILL);
    const auto ended = dispatcher.end_of("waits");
    EXPECT_EQ(ended.how, How::lost);
    EXPECT_EQ(ended.why, "the process that watched it is gone");
    EXPECT_FALSE(ended.stuck);
    EXPECT_TRUE(std::filesystem::is_empty(run_dir / "jobs"));
}

TEST(Losses, WhatTheLauncherAnswersTooLateIsNeverStarted) {
    const TempDir dir;
    Dispatcher dispatcher;
    const Waiting waiting{dispatcher};
    const auto launcher = launcher_of(waiting);
    ASSERT_EQ(kill(launcher, SIGSTOP), 0);
    const auto late = shell("echo late >\"$1\"", {dir / "late"});
    EXPECT_FALSE(dispatcher.programs->start("late", late));
    const auto begin = Loop::Clock::now();
    EXPECT_FALSE(dispatcher.programs->start("late", late));
    EXPECT_LT(Loop::Clock::now() - begin, milliseconds{900}) << "it is waited for once";
    ASSERT_EQ(kill(launcher, SIGCONT), 0);
    bool next = false;
    EXPECT_TRUE(dispatcher.await([&] {
        if (!next) next = static_cast<bool>(dispatcher.programs->start("next", shell("exit 5")));
        return next;
    }));
    // The answer to the first comes before that to the second, and must not be taken for it.
    EXPECT_EQ(dispatcher.end_of("next").status, 5);
    EXPECT_EQ(dispatcher.end_of(shell("test ! -e \"$1\"", {dir / "late"})).status, 0);
    EXPECT_TRUE(dispatcher.programs->start("late", shell("exit 6"))) << "the id was not used";
    EXPECT_EQ(dispatcher.end_of("late").status, 6);
    waiting.gate.write_line();
    dispatcher.end_of("waits");
}

TEST(Losses, OneThatCannotBeKilledIsSaidToBeLostAndNotWaitedFor) {
    const TempDir dir;
    const Fifo told{dir / "told"};
    auto program = shell("echo $PPID $$ >\"$1\"; exec sleep 1000", {told.path()});
    program.timeout = milliseconds{2000};
    program.grace = milliseconds{100};
    Dispatcher dispatcher{dir.path()};
    ASSERT_TRUE(dispatcher.programs->start("stuck", program));
    const auto pids = numbers(told.read_line());
    ASSERT_EQ(pids.size(), 2u);
    const auto shepherd = pidfd_of(pids[0]);
    // A tracer that is told of exits holds up a killed process like a kernel that does not return.
    if (ptrace(PTRACE_SEIZE, pids[1], nullptr, PTRACE_O_TRACEEXIT) < 0) {
        EXPECT_EQ(errno, EPERM);
        EXPECT_EQ(dispatcher.end_of("stuck").status, SIGTERM); // then it dies like any other
        return;
    }
    int status = 0;
    std::vector<int> stops;
    const auto ended = dispatcher.end_of("stuck");
    EXPECT_EQ(ended.how, How::lost);
    EXPECT_TRUE(ended.timed_out);
    EXPECT_EQ(ended.why, "it does not die: it hangs in the kernel");
    EXPECT_TRUE(ended.stuck);
    EXPECT_TRUE(is_there(pids[0])) << "its shepherd stays with it";
    EXPECT_TRUE(dispatcher.released.empty());
    EXPECT_FALSE(dispatcher.programs->start("stuck", shell("exit 0"))) << "its id is in use";
    EXPECT_TRUE(std::filesystem::is_empty(dir / "jobs"));
    ASSERT_EQ(waitpid(pids[1], &status, __WALL), pids[1]);
    EXPECT_TRUE(WIFSTOPPED(status));
    ASSERT_EQ(ptrace(PTRACE_DETACH, pids[1], nullptr, 0), 0);
    EXPECT_TRUE(ends(shepherd));
    EXPECT_TRUE(dispatcher.await([&] { return !dispatcher.released.empty(); }));
    EXPECT_EQ(dispatcher.released, std::vector<std::string>{"stuck"});
    EXPECT_TRUE(dispatcher.programs->start("stuck", shell("exit 0")));
}

} // namespace
} // namespace dmev
