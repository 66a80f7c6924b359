// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.hpp"

namespace dmev {

// The test's other program, with a pipe to its standard input and one from its standard output.
class Helper {
 public:
    explicit Helper(const std::vector<std::string>& arguments) {
        int in[2], out[2];
        EXPECT_EQ(pipe2(in, O_CLOEXEC), 0);
        EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
        std::vector<const char*> argv{HELPER};
        for (const auto& argument : arguments) argv.push_back(argument.c_str());
        argv.push_back(nullptr);
        pid_ = fork();
        if (pid_ == 0) {
            dup2(in[0], 0);
            dup2(out[1], 1);
            execv(HELPER, const_cast<char* const*>(argv.data()));
            _exit(127);
        }
        close(in[0]);
        close(out[1]);
        to_ = Fd{in[1]};
        from_ = fdopen(out[0], "r");
    }
    ~Helper() {
        if (pid_ > 0) end();
        fclose(from_);
    }
    Helper(const Helper&) = delete;
    Helper& operator=(const Helper&) = delete;

    pid_t pid() const { return pid_; }
    // The next line; empty at the end.
    std::string line() {
        char buffer[65536];
        if (!fgets(buffer, sizeof buffer, from_)) return {};
        std::string text{buffer};
        if (text.ends_with('\n')) text.pop_back();
        return text;
    }
    // Closes its standard input and waits; its exit status, or 128 and the signal.
    int end() {
        to_.reset();
        int status = 0;
        waitpid(std::exchange(pid_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

 private:
    pid_t pid_ = 0;
    Fd to_;
    FILE* from_ = nullptr;
};

} // namespace dmev
