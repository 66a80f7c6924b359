// SPDX-License-Identifier: Apache-2.0
#include "base/trust.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace dmev {
namespace {

namespace fs = std::filesystem;

std::string why(uid_t owner, mode_t mode, uid_t user, bool sticky = false) {
    struct stat stat {};
    stat.st_uid = owner;
    stat.st_mode = mode;
    return stranger(stat, user, sticky);
}

TEST(Trust, IsInRootAndTheUserAlone) {
    EXPECT_EQ(why(0, S_IFREG | 0644, 1000), "");
    EXPECT_EQ(why(1000, S_IFREG | 0600, 1000), "");
    EXPECT_EQ(why(1000, S_IFREG | 0644, 0), "belongs to user 1000");
    EXPECT_EQ(why(1001, S_IFREG | 0644, 1000), "belongs to user 1001");
}

TEST(Trust, EndsWhereOthersCanWrite) {
    EXPECT_EQ(why(0, S_IFREG | 0664, 0), "is writable by its group");
    EXPECT_EQ(why(0, S_IFREG | 0646, 0), "is writable by others");
    EXPECT_EQ(why(0, S_IFDIR | 01777, 0), "is writable by others");
    EXPECT_EQ(why(0, S_IFDIR | 01777, 0, true), "");
    EXPECT_EQ(why(0, S_IFDIR | 0777, 0, true), "is writable by others");
    EXPECT_EQ(why(0, S_IFREG | 01666, 0, true), "is writable by others") << "of a file the bit means nothing";
}

TEST(Trust, IsAskedOfEachDirectoryOnTheWay) {
    umask(022);
    std::string name = (fs::temp_directory_path() / "trust_test.XXXXXX").native();
    const fs::path top = fs::canonical(mkdtemp(name.data())), inner = top / "a" / "b";
    fs::create_directories(inner);
    EXPECT_TRUE(open_trusted(inner, geteuid(), false));
    fs::permissions(top / "a", fs::perms{0777});
    const auto opened = open_trusted(inner, geteuid(), true);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().object, top / "a");
    EXPECT_EQ(opened.error().why, (top / "a").native() + " is writable by others");
    fs::permissions(top / "a", fs::perms{01777});
    EXPECT_TRUE(open_trusted(inner, geteuid(), false)) << "what is in it cannot be replaced";
    EXPECT_FALSE(open_trusted(top / "a", geteuid(), false));
    EXPECT_TRUE(open_trusted(top / "a", geteuid(), true));
    EXPECT_FALSE(open_trusted(top / "absent", geteuid(), false));
    fs::remove_all(top);
}

} // namespace
} // namespace dmev
