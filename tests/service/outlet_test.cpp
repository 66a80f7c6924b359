// SPDX-License-Identifier: Apache-2.0
#include "service/outlet.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <optional>

#include "service/recorder.hpp"
#include "source/recording.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

class OutletTest : public testing::Test {
 protected:
    void SetUp() override {
        std::signal(SIGPIPE, SIG_IGN);
        auto loop = Loop::create();
        ASSERT_TRUE(loop);
        loop_.emplace(std::move(*loop));
    }
    // Runs the loop until FAILED_ is known.
    void wait_for_failure() {
        for (int i = 0; i < 100 && failed_ == 0; ++i) ASSERT_TRUE(loop_->step(100ms));
    }
    std::unique_ptr<Outlet> outlet(Fd fd) {
        auto opened = Outlet::open(*loop_, std::move(fd), "it", [this](int e) { failed_ = e; });
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }
    std::optional<Loop> loop_;
    int failed_ = 0;
};

TEST_F(OutletTest, AReaderThatLeftIsToldInTheLoop) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    auto out = outlet(Fd{ends[1]});
    close(ends[0]);
    out->write("line\n");
    wait_for_failure();
    EXPECT_EQ(failed_, EPIPE);
}

TEST_F(OutletTest, AFullDiskIsToldEvenWhenTheLoopRunsNoMore) {
    auto out = outlet(Fd{open("/dev/full", O_WRONLY | O_CLOEXEC)});
    out->write("line\n");
    out.reset();
    EXPECT_EQ(failed_, ENOSPC);
}

TEST_F(OutletTest, DrainWritesWhatWasQueued) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Fd reader{ends[0]};
    auto out = outlet(Fd{ends[1]});
    out->write("one\n");
    out->write("two\n");
    out->drain();
    char buffer[16] = {};
    EXPECT_EQ(read(reader.get(), buffer, sizeof buffer), 8);
    EXPECT_STREQ(buffer, "one\ntwo\n");
    EXPECT_EQ(out->dropped(), 0U);
}

TEST_F(OutletTest, ARecordingIsPrivateAndReadsBack) {
    char directory[] = "/tmp/outlet-test-XXXXXX";
    ASSERT_TRUE(mkdtemp(directory));
    const auto file = std::string{directory} + "/recording";
    {
        auto recorder = Recorder::open(*loop_, file);
        ASSERT_TRUE(recorder) << recorder.error().text();
        (*recorder)->record({Time{1s}, BaselineDone{}});
        (*recorder)->record({Time{2s}, Tick{}});
    }
    struct stat st {};
    ASSERT_EQ(stat(file.c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0777U, 0600U);
    std::size_t good = 0;
    const auto replayed = replay(
        file, [&](Observation&&) { ++good; }, [](const Error& bad) { ADD_FAILURE() << bad.text(); });
    ASSERT_TRUE(replayed);
    EXPECT_EQ(good, 2U);
    std::filesystem::remove_all(directory);
}

TEST_F(OutletTest, ARecordingOnAFullDiskStopsNothing) {
    auto recorder = Recorder::open(*loop_, "/dev/full");
    ASSERT_TRUE(recorder);
    testing::internal::CaptureStderr();
    for (int i = 0; i < 3; ++i) {
        (*recorder)->record({Time{1s}, Tick{}});
        ASSERT_TRUE(loop_->step(50ms));
    }
    recorder->reset();
    const auto said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("No space left on device; watching goes on"), std::string::npos) << said;
    EXPECT_NE(said.find("3 lines were lost"), std::string::npos) << said;
}

TEST_F(OutletTest, WhereNothingCanBeWrittenIsAnError) {
    EXPECT_FALSE(Recorder::open(*loop_, "/nonexistent/file"));
    char directory[] = "/tmp/outlet-test-XXXXXX";
    ASSERT_TRUE(mkdtemp(directory));
    const auto fifo = std::string{directory} + "/fifo";
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_FALSE(Recorder::open(*loop_, fifo)) << "a pipe that nobody reads is not waited for";
    std::filesystem::remove_all(directory);
}

} // namespace
} // namespace dmev
