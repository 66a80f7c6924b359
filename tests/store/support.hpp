// SPDX-License-Identifier: Apache-2.0
// Directories, damage and other misfortune for the store's tests.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.hpp"

namespace dmev {

// A directory of ours alone, in memory where there is /dev/shm.
class TemporaryDirectory {
 public:
    explicit TemporaryDirectory(const char* in = "/dev/shm") {
        const auto base = access(in, W_OK) == 0 ? std::string{in} : std::string{"/tmp"};
        auto name = base + "/store_test.XXXXXX";
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        path = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    std::string operator/(const char* name) const { return path + "/" + name; }
    std::string path;
};

inline std::string read_file(const std::string& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

inline void write_file(const std::string& file, const std::string& bytes) {
    std::ofstream{file, std::ios::binary}.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// BYTES with some of them changed: a few anywhere, or a whole piece.
inline std::string damaged(std::string bytes, std::mt19937& random) {
    const auto at = [&] { return random() % bytes.size(); };
    if (random() % 4 == 0) {
        const auto from = at();
        for (auto i = from; i < std::min(bytes.size(), from + 512); ++i)
            bytes[i] = static_cast<char>(random());
    } else if (random() % 8 == 0) {
        bytes.resize(at());
    } else {
        for (auto n = 1 + random() % 40; n > 0; --n) bytes[at()] ^= static_cast<char>(1 << random() % 8);
    }
    return bytes;
}

// BODY in a process of its own, which kills itself at its end; nothing is closed.
inline void in_killed_process(const std::function<void()>& body) {
    const auto child = fork();
    if (child == 0) {
        body();
        raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
}

// While it lives no file grows beyond BYTES: what a full disk looks like to who writes.
class FullDisk {
 public:
    explicit FullDisk(rlim_t bytes) {
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

 private:
    rlimit before_{};
};

} // namespace dmev
