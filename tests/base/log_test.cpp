// SPDX-License-Identifier: Apache-2.0
// The log is the process's own, and so is its standard error: each test is a child of its own.
#include "base/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>

#include "base/fd.hpp"

namespace dmev {
namespace {

using Clock = std::chrono::steady_clock;

struct LogTest : testing::Test {
    Fd reader; // of the child's standard error
    Fd done;   // at its end once the child is
    pid_t child = -1;

    // BODY's process ends by exit(), as the program does, so what is destroyed there is part of the test.
    void run(const std::function<void()>& body, int flags = 0) {
        int errors[2], alive[2];
        ASSERT_EQ(pipe2(errors, O_CLOEXEC | flags), 0);
        ASSERT_EQ(pipe2(alive, O_CLOEXEC), 0);
        ASSERT_GT(fcntl(errors[1], F_SETPIPE_SZ, 4096), 0);
        child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const int own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
            dup2(errors[1], STDERR_FILENO);
            close(errors[1]);
            body();
            dup2(own, STDERR_FILENO); // a sanitizer speaks at the end
            std::exit(0);
        }
        close(errors[1]);
        close(alive[1]);
        reader = Fd{errors[0]};
        done = Fd{alive[0]};
    }
    ~LogTest() override {
        if (child > 0) end();
    }
    // It ends by itself within LIMIT, nobody reading; a child that hangs is killed.
    bool ends_within(std::chrono::milliseconds limit) {
        pollfd end{done.get(), POLLIN, 0};
        return poll(&end, 1, static_cast<int>(limit.count())) == 1;
    }
    int end() {
        if (!ends_within(std::chrono::seconds{20})) kill(child, SIGKILL);
        int status = 0;
        waitpid(std::exchange(child, -1), &status, 0);
        return status;
    }
    std::string read_all() {
        std::string out;
        char buffer[512];
        for (ssize_t n; (n = read(reader.get(), buffer, sizeof buffer)) > 0;)
            out.append(buffer, static_cast<std::size_t>(n));
        return out;
    }
    std::string read_line() {
        std::string out;
        for (char c = 0; c != '\n' && read(reader.get(), &c, 1) == 1;) out += c;
        return out;
    }
};

void say_numbers(int n) {
    for (int i = 0; i < n; ++i) log::info("line {}", i);
}

std::string numbers(int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out += "dmevent_tool: line " + std::to_string(i) + "\n";
    return out;
}

TEST_F(LogTest, LevelsAreHeldToBeforeAndAfterTheSwitch) {
    run([] {
        log::open(log::Sink::standard_error, log::Level::info);
        log::debug("no");
        log::info("before");
        log::in_background();
        log::debug("no");
        log::warning("after {}", 1);
        log::open(log::Sink::standard_error, log::Level::debug);
        log::debug("yes");
        log::write(log::Level::error, "{} is no format here");
        log::drain();
    });
    EXPECT_EQ(read_all(),
              "dmevent_tool: before\ndmevent_tool: after 1\ndmevent_tool: yes\n"
              "dmevent_tool: {} is no format here\n");
    EXPECT_EQ(end(), 0);
}

// Neither a pipe that blocks nor one that somebody made non-blocking loses a line to a slow reader.
TEST_F(LogTest, ASlowReaderGetsEverythingInOrder) {
    for (const int flags : {0, O_NONBLOCK}) {
        run(
            [] {
                log::in_background();
                say_numbers(2000);
                log::drain();
            },
            flags);
        fcntl(reader.get(), F_SETFL, 0);
        EXPECT_EQ(read_all(), numbers(2000));
        EXPECT_EQ(end(), 0);
    }
}

TEST_F(LogTest, ALineComesThroughWithoutADrain) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    Fd waits{ends[0]}, lets_go{ends[1]};
    run([&] {
        lets_go.reset();
        log::in_background();
        log::info("watching");
        char byte;
        [[maybe_unused]] const auto n = read(waits.get(), &byte, 1);
    });
    EXPECT_EQ(read_line(), "dmevent_tool: watching\n");
    lets_go.reset();
    EXPECT_EQ(end(), 0);
}

TEST_F(LogTest, AFullPipeStopsNeitherTheCallerNorTheEnd) {
    run([] {
        log::in_background();
        const auto begin = Clock::now();
        say_numbers(10'000);
        if (Clock::now() - begin > std::chrono::seconds{5}) std::_Exit(3);
        log::drain();
        log::error("the end");
        log::drain(); // the second was spent
        if (Clock::now() - begin > std::chrono::seconds{8}) std::_Exit(4);
    });
    EXPECT_TRUE(ends_within(std::chrono::seconds{15}));
    EXPECT_EQ(end(), 0);
    const auto got = read_all();
    EXPECT_TRUE(got.starts_with(numbers(100)));
    EXPECT_LE(got.size(), 4096u);
}

TEST_F(LogTest, WhatWasDroppedIsToldOnceTheReaderReads) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    Fd told{ends[0]}, tells{ends[1]};
    run([&] {
        log::in_background();
        say_numbers(10'000);
        tells.reset();
        log::drain();
    });
    tells.reset();
    char byte;
    EXPECT_EQ(read(told.get(), &byte, 1), 0); // all was said
    const auto got = read_all();
    EXPECT_EQ(end(), 0);
    const auto at = got.rfind("dmevent_tool: line ");
    ASSERT_NE(at, got.npos);
    const int written = std::atoi(got.c_str() + at + 19) + 1;
    EXPECT_GE(written, 4096);
    EXPECT_EQ(got, numbers(written) + "dmevent_tool: " + std::to_string(10'000 - written) +
                       " lines of the log were dropped\n");
}

TEST_F(LogTest, AnotherSinkDoesNotTakeTheLinesOfTheFormer) {
    run([] {
        log::in_background();
        say_numbers(50);
        log::open(log::Sink::system, log::Level::error);
        close(STDERR_FILENO); // as detaching does: it is too late for standard error now
        log::info("not for the system's log either");
        log::drain();
    });
    EXPECT_EQ(read_all(), numbers(50));
    EXPECT_EQ(end(), 0);
}

} // namespace
} // namespace dmev
