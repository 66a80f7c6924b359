// SPDX-License-Identifier: Apache-2.0
#include "process/keeper.hpp"

#include <fstream>

#include "fixture.hpp"
#include "process/pinned.hpp"

namespace dmev {
namespace {

class KeeperTest : public testing::Test {
 protected:
    Kept keep(KeepOrder order) {
        kept.reset();
        keeper.keep(std::move(order));
        const auto until = Loop::Clock::now() + patience;
        while (!kept && Loop::Clock::now() < until) EXPECT_TRUE(loop.step(milliseconds{1000}));
        return kept.value_or(Kept{0, 0, {"<nothing was said>"}});
    }
    TempDir dir;
    Loop loop = *Loop::create();
    Launcher launcher = *Launcher::start({no_reader, nullptr});
    std::optional<Kept> kept;
    Keeper keeper{loop, launcher, [this](const Kept& said) { kept = said; }};
};

constexpr std::uint64_t plenty = 64 << 20;

TEST_F(KeeperTest, KeepsProgramLoaderAndLibraries) {
    const auto said = keep({plenty, {"/bin/true"}});
    if (said.lacks.size() == 1 && said.lacks[0].find("Cannot allocate memory") != std::string::npos)
        return; // whoever runs this may lock next to nothing: then that is what it says
    EXPECT_EQ(said.lacks, std::vector<std::string>{});
    EXPECT_GE(said.files, 3U);
    EXPECT_GT(said.bytes, 100'000U);
    EXPECT_EQ(keep({plenty, {"/bin/true", "/bin/true"}}).files, said.files) << "each file once";
}

TEST_F(KeeperTest, SaysWhatItCannotKeep) {
    std::ofstream{dir / "large"} << std::string(3 << 20, 'x');
    std::ofstream{dir / "small"} << "x";
    const auto said = keep({1 << 20, {dir / "nowhere", dir / "large", dir / "small"}});
    ASSERT_EQ(said.lacks.size(), 2U);
    EXPECT_NE(said.lacks[0].find("nowhere: No such file"), std::string::npos) << said.lacks[0];
    EXPECT_NE(said.lacks[1].find("large: it has 3072 KiB, more than is left of 1024 KiB"), std::string::npos)
        << said.lacks[1];
    EXPECT_EQ(said.files, 1U);
    EXPECT_EQ(said.bytes, 1U);
}

TEST_F(KeeperTest, KeepsOtherFilesWhenToldSo) {
    std::ofstream{dir / "one"} << "1";
    std::ofstream{dir / "two"} << "22";
    EXPECT_EQ(keep({plenty, {dir / "one"}}).bytes, 1U);
    EXPECT_EQ(keep({plenty, {dir / "two"}}).bytes, 2U);
    keeper.keep({});
    EXPECT_EQ(keep({plenty, {dir / "one"}}).bytes, 1U) << "by another process";
}

TEST(KeeperMessages, AreReadAsTheyWereWritten) {
    const KeepOrder order{42, {"/a", "", "/b c"}};
    const auto read = decode_keep_order(encode(order));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->most, 42U);
    EXPECT_EQ(read->paths, order.paths);
    const Kept kept{3, 1U << 31, {"x"}};
    const auto said = decode_kept(encode(kept));
    ASSERT_TRUE(said);
    EXPECT_EQ(said->files, 3U);
    EXPECT_EQ(said->bytes, 1U << 31);
    EXPECT_EQ(said->lacks, kept.lacks);
    const auto bytes = encode(order);
    for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_keep_order({bytes.data(), n}));
    EXPECT_FALSE(decode_keep_order(bytes + "x"));
    Kept much;
    much.lacks.assign(1000, std::string(10'000, 'x'));
    EXPECT_LE(encode(much).size(), 64U << 10);
}

// What is locked shows in the process that holds it.
long locked_kib() {
    std::ifstream in{"/proc/self/status"};
    std::string word;
    long kib = 0;
    while (in >> word)
        if (word == "VmLck:") in >> kib;
    return kib;
}

TEST(Pinned, HoldsItsPagesUntilItEnds) {
    const TempDir dir;
    std::ofstream{dir / "file"} << std::string(20'000, 'x');
    const auto before = locked_kib();
    {
        Pinned pinned{1 << 20};
        pinned.add(dir / "file");
        EXPECT_EQ(pinned.lacks(), std::vector<std::string>{});
        EXPECT_EQ(locked_kib(), before + 20);
        pinned = Pinned{1 << 20};
        EXPECT_EQ(locked_kib(), before);
        pinned.add(dir / "file");
    }
    EXPECT_EQ(locked_kib(), before);
}

} // namespace
} // namespace dmev
