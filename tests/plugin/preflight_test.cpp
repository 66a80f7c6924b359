// SPDX-License-Identifier: Apache-2.0
#include "plugin/preflight.hpp"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zoo.hpp"

namespace dmev {
namespace {

class Preflight : public testing::Test {
 protected:
    static std::string why(const fs::path& file, uid_t user = geteuid()) {
        const auto result = preflight(file, user);
        return result ? "" : result.error().why;
    }
    Cage cage_;
};

TEST_F(Preflight, GivesThePathWithoutLinks) {
    const auto file = cage_.put("sound");
    const auto real = cage_.path() / "real", link = cage_.path() / "link";
    fs::create_directory(real);
    fs::rename(file, real / "sound.so");
    fs::create_directory_symlink(real, link);
    const auto path = preflight(link / "sound.so", geteuid());
    ASSERT_TRUE(path) << path.error().text();
    EXPECT_EQ(*path, real / "sound.so");
}

TEST_F(Preflight, RefusesAFileThatOthersCanWrite) {
    const auto file = cage_.put("sound");
    fs::permissions(file, fs::perms{0757});
    EXPECT_EQ(why(file), "it is writable by others");
    fs::permissions(file, fs::perms{0775});
    const auto result = preflight(file, geteuid());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().why, "it is writable by its group");
    EXPECT_NE(result.error().remedy.find("`chmod go-w " + file.native() + "`"), std::string::npos);
}

TEST_F(Preflight, RefusesADirectoryThatOthersCanWrite) {
    const auto open = cage_.path() / "open", inner = open / "inner";
    fs::create_directories(inner);
    fs::permissions(inner, fs::perms{0755});
    fs::permissions(open, fs::perms{0777});
    const auto file = cage_.put("sound"), deep = inner / "sound.so";
    fs::rename(file, deep);
    EXPECT_EQ(why(deep), open.native() + " is writable by others");
    fs::permissions(open, fs::perms{0775});
    EXPECT_EQ(why(deep), open.native() + " is writable by its group");
}

TEST_F(Preflight, BearsASharedStickyDirectoryFurtherUpOnly) {
    const auto shared = cage_.path() / "shared", inner = shared / "inner";
    fs::create_directories(inner);
    fs::permissions(inner, fs::perms{0755});
    fs::permissions(shared, fs::perms{01777});
    fs::copy_file(cage_.put("sound"), inner / "sound.so");
    fs::copy_file(inner / "sound.so", shared / "sound.so");
    EXPECT_EQ(why(inner / "sound.so"), "");
    EXPECT_EQ(why(shared / "sound.so"), shared.native() + " is writable by others");
}

TEST_F(Preflight, RefusesWhatBelongsToAnotherUser) {
    const auto file = cage_.put("sound");
    if (geteuid() == 0) { // root's own files are everybody's to trust: this one is given away
        ASSERT_EQ(chown(file.c_str(), 12345, 12345), 0);
        EXPECT_EQ(why(file), "it belongs to user 12345");
        EXPECT_EQ(why(file, 54321), "it belongs to user 12345");
    } else { // who is not root cannot give away, but can be taken for another
        EXPECT_NE(why(file, geteuid() + 1).find(" belongs to user " + std::to_string(geteuid())),
                  std::string::npos);
    }
}

TEST_F(Preflight, RefusesWhatIsNoFile) {
    const auto link = cage_.path() / "link.so", fifo = cage_.path() / "fifo.so";
    fs::create_symlink(cage_.put("sound"), link);
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    fs::create_directory(cage_.path() / "folder.so");
    EXPECT_EQ(why(link), "it is a symbolic link");
    EXPECT_EQ(why(fifo), "it is not a regular file"); // and does not wait for a writer
    EXPECT_EQ(why(cage_.path() / "folder.so"), "it is not a regular file");
    EXPECT_EQ(why(cage_.path() / "absent.so"), "No such file or directory");
    EXPECT_EQ(why(cage_.path() / "absent" / "a.so"), "No such file or directory");
}

TEST_F(Preflight, RefusesWhatIsNotWhole) {
    const auto whole = bytes_of(cage_.put("sound"));
    EXPECT_EQ(why(cage_.write("text.so", "thin\n")), "it is not an ELF file");
    EXPECT_EQ(why(cage_.write("empty.so", "")), "it is not an ELF file");
    EXPECT_TRUE(
        why(cage_.write("half.so", whole.substr(0, whole.size() / 2))).starts_with("it is truncated"));
    auto foreign = whole;
    foreign[offsetof(Elf64_Ehdr, e_machine)] ^= 1;
    EXPECT_TRUE(why(cage_.write("foreign.so", foreign)).starts_with("it is built for "));
}

} // namespace
} // namespace dmev
