// SPDX-License-Identifier: Apache-2.0
#include "service/journal_stream.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace dmev {
namespace {

TEST(JournalStream, IsTheDescriptorThatTheVariableNamesAndNoOther) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    struct stat st {};
    ASSERT_EQ(fstat(ends[1], &st), 0);
    const auto named = std::to_string(st.st_dev) + ":" + std::to_string(st.st_ino);
    unsetenv("JOURNAL_STREAM");
    EXPECT_FALSE(is_journal_stream(ends[1]));
    setenv("JOURNAL_STREAM", named.c_str(), 1);
    EXPECT_TRUE(is_journal_stream(ends[1]));
    EXPECT_FALSE(is_journal_stream(STDOUT_FILENO));
    EXPECT_FALSE(is_journal_stream(-1));
    setenv("JOURNAL_STREAM", (named + "0").c_str(), 1);
    EXPECT_FALSE(is_journal_stream(ends[1]));
    unsetenv("JOURNAL_STREAM");
    close(ends[0]);
    close(ends[1]);
}

} // namespace
} // namespace dmev
