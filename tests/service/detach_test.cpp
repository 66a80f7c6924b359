// SPDX-License-Identifier: Apache-2.0
#include "service/detach.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <string>

namespace dmev {
namespace {

// Runs detach(CHILD) in a process of its own, as a shell would, and waits for that process alone.
struct Outcome {
    int status = -1;
    std::string errors;
};
Outcome run(const std::function<int(Readiness&)>& child) {
    int errors[2];
    EXPECT_EQ(pipe2(errors, O_CLOEXEC), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        dup2(errors[1], STDERR_FILENO);
        close(errors[0]);
        close(errors[1]);
        const auto result = detach(child);
        _exit(result ? *result : 99);
    }
    close(errors[1]);
    Outcome outcome;
    // To the end of the pipe: a child that is ready must not hold it.
    char buffer[256];
    for (ssize_t n; (n = read(errors[0], buffer, sizeof buffer)) > 0;)
        outcome.errors.append(buffer, static_cast<std::size_t>(n));
    close(errors[0]);
    int status = 0;
    waitpid(parent, &status, 0);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

void say(const std::string& text) {
    [[maybe_unused]] const auto n = write(STDERR_FILENO, text.data(), text.size());
}

TEST(Detach, ReturnsWhenTheChildIsReadyAndLetsItLive) {
    int life[2];
    ASSERT_EQ(pipe(life), 0);
    const auto outcome = run([&](Readiness& readiness) {
        readiness.speak();
        say("getting ready\n");
        if (!readiness.ready()) return 1;
        say("nobody hears this\n");
        const pid_t me = getpid();
        [[maybe_unused]] const auto n = write(life[1], &me, sizeof me);
        for (;;) pause();
    });
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.errors, "getting ready\n");
    pid_t child = 0;
    ASSERT_EQ(read(life[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
    EXPECT_EQ(getsid(child), child) << "a session of its own";
    EXPECT_EQ(kill(child, SIGKILL), 0);
    close(life[0]);
    close(life[1]);
}

TEST(Detach, GivesTheChildsFailureAndStatus) {
    const auto outcome = run([](Readiness& readiness) {
        readiness.speak();
        say(std::string(100'000, 'x') + "the reason\n");
        return 69;
    });
    EXPECT_EQ(outcome.status, 69);
    EXPECT_EQ(outcome.errors.size(), 100'011U);
    EXPECT_TRUE(outcome.errors.ends_with("the reason\n"));
}

TEST(Detach, AChildThatDiesIsAFailure) {
    const auto outcome = run([](Readiness& readiness) {
        readiness.speak();
        say("so far so good\n");
        return raise(SIGKILL);
    });
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.errors.find("killed by signal 9"), std::string::npos);
}

TEST(Detach, WhatIsForkedBeforeSpeakingHoldsNothingOfTheCaller) {
    // A helper that outlives the failing child would keep run() from the end of the pipe.
    int pid_pipe[2];
    ASSERT_EQ(pipe(pid_pipe), 0);
    const auto outcome = run([&](Readiness& readiness) {
        const pid_t helper = fork();
        if (helper == 0) {
            close_range(3, ~0U, 0);
            for (;;) pause();
        }
        [[maybe_unused]] const auto n = write(pid_pipe[1], &helper, sizeof helper);
        readiness.speak();
        return 1;
    });
    EXPECT_EQ(outcome.status, 1);
    pid_t helper = 0;
    ASSERT_EQ(read(pid_pipe[0], &helper, sizeof helper), static_cast<ssize_t>(sizeof helper));
    EXPECT_EQ(kill(helper, SIGKILL), 0);
    close(pid_pipe[0]);
    close(pid_pipe[1]);
}

TEST(Detach, WhoGaveUpOnTheStartDoesNotGetIt) {
    int told[2], go[2];
    ASSERT_EQ(pipe2(told, O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(go, O_CLOEXEC), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        close(told[0]);
        close(go[1]);
        const auto result = detach([&](Readiness& readiness) {
            [[maybe_unused]] auto n = write(told[1], "s", 1);
            char byte = 0;
            n = read(go[0], &byte, 1); // until the parent is gone
            const bool ready = bool{readiness.ready()};
            n = write(told[1], ready ? "y" : "n", 1);
            return 0;
        });
        _exit(result ? *result : 99);
    }
    close(told[1]);
    close(go[0]);
    char answer = 0;
    EXPECT_EQ(read(told[0], &answer, 1), 1); // detached, and not ready yet
    kill(parent, SIGKILL);
    waitpid(parent, nullptr, 0);
    close(go[1]);
    EXPECT_EQ(read(told[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'n');
    close(told[0]);
}

} // namespace
} // namespace dmev
