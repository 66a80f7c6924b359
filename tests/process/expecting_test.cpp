// SPDX-License-Identifier: Apache-2.0
// Who is forked before there is a program: used when one comes, replaced when it is gone, and never left
// behind.
#include "fixture.hpp"

namespace dmev {
namespace {

// A shepherd that waits for its order, and who stands in for its program.
class Expecting : public testing::Test {
 protected:
    Expecting() {
        dispatcher.programs->expect();
        EXPECT_TRUE(await_crew());
    }
    // Other than NOT_THIS. Nobody tells of a fork.
    bool await_crew(pid_t not_this = 0) {
        const auto until = Loop::Clock::now() + patience;
        bool there = false;
        while (!(there = find_crew() && spare != not_this) && Loop::Clock::now() < until)
            EXPECT_TRUE(dispatcher.loop.step(milliseconds{10}));
        return there;
    }
    bool find_crew() {
        launcher = child_of(getpid());
        spare = child_of(launcher);
        stand_in = child_of(spare);
        return stand_in != 0 && waits(spare) && waits(stand_in);
    }
    // For its order: nothing else makes it sleep.
    static bool waits(pid_t pid) {
        const auto stat = stat_of(pid);
        return stat && stat->state == 'S';
    }
    static pid_t child_of(pid_t parent) {
        for (const auto& process : descendants(getpid()))
            if (const auto stat = stat_of(process.pid); stat && stat->parent == parent) return process.pid;
        return 0;
    }
    static void kill_and_wait(pid_t pid) {
        const auto pidfd = pidfd_of(pid);
        EXPECT_EQ(kill(pid, SIGKILL), 0);
        EXPECT_TRUE(ends(pidfd));
    }

    Dispatcher dispatcher;
    pid_t launcher = 0, spare = 0, stand_in = 0;
};

TEST_F(Expecting, ItRunsTheNextProgram) {
    const auto ended = dispatcher.end_of(shell("echo $PPID $$"));
    EXPECT_EQ(numbers(ended.output), (std::vector{spare, stand_in}));
}

TEST_F(Expecting, AnotherOneIsThereSoon) {
    const auto first = spare;
    dispatcher.end_of(shell("exit 0"));
    EXPECT_TRUE(await_crew(first));
}

TEST_F(Expecting, MoreAtATimeAreForkedAsTheyCome) {
    const TempDir dir;
    const Fifo gate{dir / "gate"};
    for (const char* id : {"a", "b", "c"})
        EXPECT_TRUE(dispatcher.programs->start(id, shell("read x <\"$1\"; exit 4", {gate.path()})));
    for (int i = 0; i < 3; ++i) gate.write_line();
    EXPECT_TRUE(dispatcher.await([&] { return dispatcher.ended.size() == 3; }));
    for (const auto& [id, ended] : dispatcher.ended) EXPECT_EQ(ended.status, 4) << id;
}

TEST_F(Expecting, AShepherdThatDiedIsReplaced) {
    kill_and_wait(spare);
    EXPECT_EQ(dispatcher.end_of(shell("exit 5")).status, 5);
}

TEST_F(Expecting, AStandInThatDiedIsReplaced) {
    kill_and_wait(stand_in);
    EXPECT_EQ(dispatcher.end_of(shell("exit 6")).status, 6);
}

TEST_F(Expecting, AStandInEndsWithItsShepherd) {
    const auto pidfd = pidfd_of(stand_in);
    kill_and_wait(spare);
    EXPECT_TRUE(ends(pidfd));
}

TEST_F(Expecting, BothEndWithTheDispatcher) {
    const auto shepherds = pidfd_of(spare), stand_ins = pidfd_of(stand_in);
    dispatcher.programs.reset();
    EXPECT_TRUE(ends(shepherds));
    EXPECT_TRUE(ends(stand_ins));
}

} // namespace
} // namespace dmev
