// SPDX-License-Identifier: Apache-2.0
#include "service/pidfile.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace dmev {
namespace {

namespace fs = std::filesystem;

class PidfileTest : public testing::Test {
 protected:
    PidfileTest() {
        char name[] = "/tmp/pidfile-test-XXXXXX";
        directory_ = mkdtemp(name);
        path_ = directory_ / "pid";
    }
    ~PidfileTest() override { fs::remove_all(directory_); }

    std::string content() const {
        std::ifstream file{path_};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    void write(const std::string& text) const { std::ofstream{path_} << text; }

    // A process that takes the pidfile, says so, and lives until it is killed.
    pid_t holder() const {
        int ready[2];
        EXPECT_EQ(pipe(ready), 0);
        const pid_t pid = fork();
        if (pid == 0) {
            const auto mine = Pidfile::take(path_);
            [[maybe_unused]] const auto n = ::write(ready[1], mine ? "y" : "n", 1);
            for (;;) pause();
        }
        char answer = 0;
        EXPECT_EQ(read(ready[0], &answer, 1), 1);
        EXPECT_EQ(answer, 'y');
        close(ready[0]);
        close(ready[1]);
        return pid;
    }

    fs::path directory_, path_;
};

TEST_F(PidfileTest, HoldsTheProcessIdAndGoesAtTheEnd) {
    {
        const auto mine = Pidfile::take(path_);
        ASSERT_TRUE(mine) << mine.error().text();
        EXPECT_EQ(content(), std::to_string(getpid()) + "\n");
    }
    EXPECT_FALSE(fs::exists(path_));
}

TEST_F(PidfileTest, ASecondInstanceIsRefusedAndTheFirstOneNamed) {
    const pid_t first = holder();
    const auto second = Pidfile::take(path_);
    ASSERT_FALSE(second);
    EXPECT_EQ(exit_status(second.error().kind), 1);
    EXPECT_NE(second.error().text().find("process " + std::to_string(first)), std::string::npos)
        << second.error().text();
    EXPECT_EQ(content(), std::to_string(first) + "\n");
    kill(first, SIGKILL);
    waitpid(first, nullptr, 0);
}

TEST_F(PidfileTest, WhatAKilledProcessLeftIsTakenOver) {
    const pid_t first = holder();
    kill(first, SIGKILL);
    waitpid(first, nullptr, 0);
    ASSERT_TRUE(fs::exists(path_));
    const auto second = Pidfile::take(path_);
    ASSERT_TRUE(second) << second.error().text();
    EXPECT_EQ(content(), std::to_string(getpid()) + "\n");
}

TEST_F(PidfileTest, AnEndDoesNotRemoveASuccessorsFile) {
    {
        const auto mine = Pidfile::take(path_);
        ASSERT_TRUE(mine);
        fs::remove(path_);
        write("4711\n");
    }
    EXPECT_EQ(content(), "4711\n");
}

TEST_F(PidfileTest, AFileThatIsNoPidfileIsLeftAlone) {
    write("root:x:0:0:root:/root:/bin/bash\n");
    const auto mine = Pidfile::take(path_);
    ASSERT_FALSE(mine);
    EXPECT_NE(mine.error().text().find("left alone"), std::string::npos);
    EXPECT_EQ(content(), "root:x:0:0:root:/root:/bin/bash\n");
}

TEST_F(PidfileTest, LinksAndPipesAreRefused) {
    write("");
    fs::create_symlink(path_, directory_ / "link");
    EXPECT_FALSE(Pidfile::take(directory_ / "link"));
    ASSERT_EQ(mkfifo((directory_ / "pipe").c_str(), 0600), 0);
    EXPECT_FALSE(Pidfile::take(directory_ / "pipe"));
    EXPECT_FALSE(Pidfile::take(directory_ / "none" / "pid"));
}

TEST_F(PidfileTest, ManyTakersAtOnceLeaveOneOwnerAtATime) {
    // Each child takes the file, proves that nobody else has it by an exclusive create, and ends.
    const auto proof = directory_ / "proof";
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i) {
        const pid_t pid = fork();
        if (pid == 0) {
            int took = 0;
            while (took < 20) {
                const auto mine = Pidfile::take(path_);
                if (!mine) continue;
                const Fd fd{open(proof.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600)};
                if (!fd) _exit(1);
                unlink(proof.c_str());
                ++took;
            }
            _exit(0);
        }
        children.push_back(pid);
    }
    for (const pid_t pid : children) {
        int status = 0;
        waitpid(pid, &status, 0);
        EXPECT_EQ(status, 0);
    }
    EXPECT_FALSE(fs::exists(path_));
}

} // namespace
} // namespace dmev
