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
    if (geteuid() != 0 && !said.lacks.empty()) return; // it says what it may not lock
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

// The process that keeps; there is one below us.
pid_t keeping() {
    for (const auto& process : descendants(getpid())) {
        std::ifstream in{"/proc/" + std::to_string(process.pid) + "/comm"};
        std::string name;
        if (std::getline(in, name) && name == "dmevent-keep") return process.pid;
    }
    return -1;
}

TEST_F(KeeperTest, OneThatHangsHoldsNobodyUp) {
    std::ofstream{dir / "file"} << "1";
    keep({plenty, {dir / "file"}});
    const pid_t pid = keeping();
    ASSERT_GT(pid, 0);
    ASSERT_EQ(kill(pid, SIGSTOP), 0);
    const auto begin = Loop::Clock::now();
    {
        Keeper other{loop, launcher, [](const Kept&) {}};
        // Until its socket is full; then another process keeps.
        for (int i = 0; i < 2000; ++i) keeper.keep({plenty, {dir / "file", std::string(4000, 'x')}});
        other.keep({plenty, {dir / "file"}});
    }
    keeper.keep({});
    EXPECT_LT(Loop::Clock::now() - begin, std::chrono::seconds{20});
    const auto pidfd = pidfd_of(pid);
    ASSERT_EQ(kill(pid, SIGCONT), 0);
    EXPECT_TRUE(ends(pidfd)) << "nobody needs it any more";
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

TEST(Pinned, HoldsItsPagesUntilItEnds) {
    if (!locking_works()) return;
    const TempDir dir;
    std::ofstream{dir / "file"} << std::string(20'000, 'x');
    const auto before = status_kib("VmLck:");
    {
        Pinned pinned{1 << 20};
        pinned.add(dir / "file");
        EXPECT_EQ(pinned.lacks(), std::vector<std::string>{});
        EXPECT_EQ(status_kib("VmLck:"), before + 20);
        pinned = Pinned{1 << 20};
        EXPECT_EQ(status_kib("VmLck:"), before);
        pinned.add(dir / "file");
    }
    EXPECT_EQ(status_kib("VmLck:"), before);
}

} // namespace
} // namespace dmev
