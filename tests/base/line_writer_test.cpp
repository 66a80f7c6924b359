// SPDX-License-Identifier: Apache-2.0
#include "base/line_writer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <vector>

namespace dmev {
namespace {

using Clock = std::chrono::steady_clock;

// What the writer's thread reported.
class Failures {
 public:
    std::function<void(int, const std::string&)> callback() {
        return [this](int error, const std::string& name) {
            const std::lock_guard lock{mutex_};
            all_.push_back(error);
            name_ = name;
            more_.notify_all();
        };
    }
    std::vector<int> all() {
        const std::lock_guard lock{mutex_};
        return all_;
    }
    std::string name() {
        const std::lock_guard lock{mutex_};
        return name_;
    }

 private:
    std::mutex mutex_;
    std::condition_variable more_;
    std::vector<int> all_;
    std::string name_;
};

struct LineWriterTest : testing::Test {
    Fd reader, end;
    Failures failures;

    void make_pipe(int flags = 0) {
        int ends[2];
        ASSERT_EQ(pipe2(ends, O_CLOEXEC | flags), 0);
        reader = Fd{ends[0]};
        end = Fd{ends[1]};
    }
    std::unique_ptr<LineWriter> writer(LineWriter::Options options = {}) {
        return std::make_unique<LineWriter>(std::move(end), "out", failures.callback(), options);
    }
    // At least SIZE bytes, or what there is before the end.
    std::string read_some(std::size_t size) {
        std::string out;
        char buffer[512];
        while (out.size() < size) {
            const auto n = read(reader.get(), buffer, std::min(sizeof buffer, size - out.size()));
            if (n <= 0) break;
            out.append(buffer, static_cast<std::size_t>(n));
        }
        return out;
    }
    std::string read_all() { return read_some(std::string::npos); }
};

std::string numbered(int from, int to) {
    std::string out;
    for (int i = from; i < to; ++i) out += "line " + std::to_string(i) + "\n";
    return out;
}

TEST_F(LineWriterTest, WritesInOrderAndFlushWaits) {
    make_pipe();
    auto w = writer();
    w->write("a\n");
    w->write("b\nc\n");
    w->flush();
    EXPECT_EQ(read_some(6), "a\nb\nc\n");
    EXPECT_EQ(w->dropped(), 0u);
    EXPECT_TRUE(failures.all().empty());
}

TEST_F(LineWriterTest, TheEndWritesWhatIsQueued) {
    make_pipe();
    auto w = writer();
    w->write(numbered(0, 1000));
    w.reset();
    EXPECT_EQ(read_all(), numbered(0, 1000));
}

// Non-blocking and blocking ends alike: more than the pipe holds, read in small bites.
TEST_F(LineWriterTest, ASlowReaderGetsEverything) {
    for (const int flags : {0, O_NONBLOCK}) {
        make_pipe();
        ASSERT_EQ(fcntl(end.get(), F_SETFL, flags), 0);
        ASSERT_GT(fcntl(end.get(), F_SETPIPE_SZ, 4096), 0);
        auto w = writer();
        for (int i = 0; i < 5000; ++i) w->write(numbered(i, i + 1));
        EXPECT_EQ(read_some(numbered(0, 5000).size()), numbered(0, 5000));
        w->flush();
        EXPECT_EQ(w->dropped(), 0u);
    }
}

TEST_F(LineWriterTest, AFullPipeStopsNeitherTheCallerNorTheEnd) {
    make_pipe();
    ASSERT_GT(fcntl(end.get(), F_SETPIPE_SZ, 4096), 0);
    auto w = writer({.max_queued_bytes = 10'000});
    for (int i = 0; i < 10'000; ++i) w->write("0123456789abcde\n");
    EXPECT_GE(w->dropped(), 10'000u - 1000u);
    EXPECT_LT(w->dropped(), 10'000u);
    const auto begin = Clock::now();
    w.reset();
    const auto took = Clock::now() - begin;
    EXPECT_GE(took, std::chrono::milliseconds{900});
    EXPECT_LT(took, std::chrono::seconds{3});
    const auto got = read_all(); // to the end: the writer let go of the pipe
    EXPECT_TRUE(got.starts_with("0123456789abcde\n")) << got;
    EXPECT_LE(got.size(), 4096u);
}

TEST_F(LineWriterTest, TheBoundCountsLines) {
    make_pipe();
    auto w = writer({.max_queued_bytes = 100});
    w->write(std::string(101, 'x') + "\n1\n2\n");
    EXPECT_EQ(w->dropped(), 3u);
    w->write("fits\n");
    w.reset();
    EXPECT_EQ(read_all(), "fits\n");
}

// The default action of SIGPIPE would end this test: it is blocked in the thread.
TEST_F(LineWriterTest, AClosedReaderIsToldOnce) {
    make_pipe();
    ASSERT_EQ(signal(SIGPIPE, SIG_DFL) == SIG_ERR, false);
    auto w = writer();
    reader.reset();
    for (int i = 0; i < 10; ++i) {
        w->write("a\nb\n");
        w->flush();
    }
    EXPECT_EQ(failures.all(), std::vector<int>{EPIPE});
    EXPECT_EQ(failures.name(), "out");
    EXPECT_EQ(w->dropped(), 20u);
}

TEST_F(LineWriterTest, AFullDeviceIsToldOnce) {
    end = Fd{open("/dev/full", O_WRONLY | O_CLOEXEC)};
    ASSERT_TRUE(end);
    auto w = writer();
    for (int i = 0; i < 5; ++i) {
        w->write("a\nb\n");
        w->flush();
    }
    EXPECT_EQ(failures.all(), std::vector<int>{ENOSPC});
    EXPECT_EQ(w->dropped(), 10u);
}

TEST_F(LineWriterTest, NoDescriptorIsAFailureToo) {
    auto w = writer();
    w->write("a\n");
    w->flush();
    EXPECT_EQ(failures.all(), std::vector<int>{EBADF});
    EXPECT_EQ(w->dropped(), 1u);
}

// A file that may not grow fails as a full disk does, in the middle of a line, and can be made to fit again.
TEST_F(LineWriterTest, AHalfWrittenLineIsCompletedBeforeTheNext) {
    const auto file = testing::TempDir() + "/line-writer-" + std::to_string(getpid());
    end = Fd{open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)};
    ASSERT_TRUE(end);
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto limit = [&before](rlim_t size) {
        const rlimit now{size, before.rlim_max};
        return setrlimit(RLIMIT_FSIZE, &now);
    };
    auto w = writer();
    ASSERT_EQ(limit(10), 0);
    w->write("first\nsecond\nthird\n"); // "seco" still fits
    w->flush();
    w->write("fourth\n");
    w->flush();
    const auto dropped_while_full = w->dropped();
    const auto told_while_full = failures.all();
    ASSERT_EQ(limit(before.rlim_cur), 0);
    w->write("fifth\n");
    w->flush();
    ASSERT_EQ(limit(24), 0); // "sixth" fits without its newline, which comes with the end
    w->write("sixth\nseventh\n");
    w->flush();
    ASSERT_EQ(limit(before.rlim_cur), 0);
    w.reset();
    EXPECT_EQ(told_while_full, std::vector<int>{EFBIG});
    EXPECT_EQ(dropped_while_full, 2u);
    EXPECT_EQ(failures.all(), (std::vector<int>{EFBIG, EFBIG})); // a new run of failures
    std::ifstream in{file};
    EXPECT_EQ((std::string{std::istreambuf_iterator<char>{in}, {}}), "first\nsecond\nfifth\nsixth\n");
    unlink(file.c_str());
}

} // namespace
} // namespace dmev
