// SPDX-License-Identifier: Apache-2.0
#include "base/io.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <thread>

#include "base/fd.hpp"

namespace dmev {
namespace {

TEST(Io, CallsAgainWhatWasInterruptedAndNothingElse) {
    int calls = 0;
    const auto third = [&calls] {
        errno = EINTR;
        return ++calls < 3 ? -1 : 7;
    };
    EXPECT_EQ(uninterrupted(third), 7);
    EXPECT_EQ(calls, 3);
    const auto fails = [&calls] {
        ++calls;
        errno = EIO;
        return -1;
    };
    EXPECT_EQ(uninterrupted(fails), -1);
    EXPECT_EQ(calls, 4);
    EXPECT_EQ(errno, EIO);
}

TEST(Io, ReadsAFileToItsEndOrAsMuchAsIsWanted) {
    const Fd file{memfd_create("io", MFD_CLOEXEC)};
    ASSERT_TRUE(write_whole(file.get(), "seven w"));
    EXPECT_EQ(read_whole(file.get(), 100), "seven w");
    EXPECT_EQ(read_whole(file.get(), 5), "seven");
    EXPECT_EQ(read_whole(file.get(), 0), "");
    EXPECT_EQ(lseek(file.get(), 0, SEEK_CUR), 7) << "its position is left alone";
}

TEST(Io, WritesMoreThanAPipeHolds) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Fd in{ends[0]};
    Fd out{ends[1]};
    const std::string text(1 << 20, 'x');
    std::thread writer{[&] {
        EXPECT_TRUE(write_whole(out.get(), text));
        out.reset();
    }};
    std::string got;
    char buffer[5000];
    for (ssize_t n; (n = read(in.get(), buffer, sizeof buffer)) > 0;)
        got.append(buffer, static_cast<std::size_t>(n));
    writer.join();
    EXPECT_EQ(got, text);
}

TEST(Io, SaysWhyItCannot) {
    EXPECT_FALSE(write_whole(-1, "x"));
    EXPECT_EQ(errno, EBADF);
    errno = 0;
    EXPECT_FALSE(read_whole(-1, 1));
    EXPECT_EQ(errno, EBADF);
}

} // namespace
} // namespace dmev
