// SPDX-License-Identifier: Apache-2.0
#include "store/ledger.hpp"

#include <sys/stat.h>

#include "helper.hpp"
#include "support.hpp"

namespace dmev {
namespace {

using std::filesystem::exists;
using Rows = std::vector<Remembered>;

const std::string kBoot = "3ad7634c-0000-4000-8000-0123456789ab";

Ledger opened(const std::string& file, const std::string& boot = kBoot) {
    auto ledger = Ledger::open(file, boot);
    EXPECT_TRUE(ledger) << ledger.error().text();
    return *std::move(ledger);
}

Rows rows_of(Ledger& ledger) {
    auto rows = ledger.load();
    EXPECT_TRUE(rows) << rows.error().text();
    return rows ? *rows : Rows{};
}

void commit(Ledger& ledger, const Rows& rows) {
    const auto r = ledger.commit(rows);
    EXPECT_TRUE(r) << r.error().text();
}

TEST(Ledger, KeepsTheLastOfEachKey) {
    const TemporaryDirectory directory;
    const auto file = directory / "ledger.db";
    const std::string odd{"a\0b\xFF'\n", 6};
    {
        auto ledger = opened(file);
        EXPECT_TRUE(ledger.warnings().empty());
        EXPECT_TRUE(rows_of(ledger).empty());
        commit(ledger, {{"device", "a", "1"}, {"device", odd, "2"}, {"run", "a", "3"}, {"device", "a", "4"}});
        commit(ledger, {{"run", "a", ""}, {"lane", "", "5"}, {"lane", "gone", ""}});
        commit(ledger, {});
    }
    auto ledger = opened(file);
    EXPECT_TRUE(ledger.warnings().empty());
    EXPECT_EQ(rows_of(ledger), (Rows{{"device", "a", "4"}, {"device", odd, "2"}, {"lane", "", "5"}}));
    struct stat stat {};
    ASSERT_EQ(::stat(file.c_str(), &stat), 0);
    EXPECT_EQ(stat.st_mode & 07777, 0600u);
}

TEST(Ledger, KilledProcessHasForgottenNothing) {
    const TemporaryDirectory directory;
    const auto file = directory / "ledger.db";
    for (int turn = 1; turn <= 5; ++turn) {
        in_killed_process([&] {
            auto ledger = opened(file);
            for (int i = 0; i < 300; ++i)
                commit(ledger, {{"run", std::to_string(i), std::to_string(turn * 1000 + i)}});
        });
        auto ledger = opened(file);
        EXPECT_TRUE(ledger.warnings().empty());
        const auto rows = rows_of(ledger);
        ASSERT_EQ(rows.size(), 300u);
        for (const auto& row : rows) EXPECT_EQ(row.value, std::to_string(turn * 1000 + std::stoi(row.key)));
    }
}

TEST(Ledger, LogOfChangesDoesNotGrow) {
    const TemporaryDirectory directory;
    auto ledger = opened(directory / "ledger.db");
    std::uintmax_t largest = 0;
    for (int i = 0; i < 5000; ++i) {
        commit(ledger, {{"device", std::to_string(i % 50), std::string(600, 'x') + std::to_string(i)}});
        if (i % 100 == 0)
            largest = std::max(largest, std::filesystem::file_size(directory / "ledger.db-wal"));
    }
    EXPECT_LT(largest, 2u << 20);
    EXPECT_LT(std::filesystem::file_size(directory / "ledger.db"), 1u << 20);
    EXPECT_EQ(rows_of(ledger).size(), 50u);
}

TEST(Ledger, OtherBootIsSetAside) {
    const TemporaryDirectory directory;
    const auto file = directory / "ledger.db";
    {
        auto ledger = opened(file);
        commit(ledger, {{"device", "a", "1"}});
    }
    auto ledger = opened(file, "another");
    ASSERT_EQ(ledger.warnings().size(), 1u);
    EXPECT_NE(ledger.warnings()[0].find("another boot"), std::string::npos) << ledger.warnings()[0];
    EXPECT_TRUE(rows_of(ledger).empty());
    EXPECT_TRUE(exists(file + ".bad"));
}

TEST(Ledger, WhatIsNoLedgerIsSetAside) {
    const TemporaryDirectory directory;
    const auto file = directory / "ledger.db";
    for (const std::string& bytes : {std::string(5000, 'x'), std::string(8192, '\0'), std::string{"a"}}) {
        write_file(file, bytes);
        std::filesystem::permissions(
            file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        auto ledger = opened(file);
        commit(ledger, {{"device", "a", "1"}});
        EXPECT_EQ(rows_of(ledger).size(), 1u);
        ASSERT_EQ(ledger.warnings().size(), 1u) << bytes.size();
        EXPECT_NE(ledger.warnings()[0].find(file + ".bad"), std::string::npos);
        EXPECT_EQ(read_file(file + ".bad").size(), bytes.size());
    }
}

TEST(Ledger, DamageIsSurvivedAndTold) {
    const TemporaryDirectory directory;
    const auto good = directory / "good.db", file = directory / "ledger.db";
    {
        auto ledger = opened(good);
        for (int i = 0; i < 200; ++i)
            commit(ledger, {{"device", "device " + std::to_string(i), std::string(300, 'v')}});
    }
    const auto bytes = read_file(good);
    ASSERT_GT(bytes.size(), 50'000u);
    std::mt19937 random{20260131};
    int aside = 0;
    for (int i = 0; i < 200; ++i) {
        std::filesystem::remove(file + ".bad");
        write_file(file, damaged(bytes, random));
        std::filesystem::permissions(
            file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        auto ledger = opened(file);
        const bool begun_anew = exists(file + ".bad");
        aside += begun_anew;
        EXPECT_EQ(ledger.warnings().size(), begun_anew ? 1u : 0u);
        EXPECT_TRUE(!begun_anew || rows_of(ledger).empty());
        commit(ledger, {{"device", "after", "1"}});
        const auto rows = rows_of(ledger);
        EXPECT_TRUE(std::find(rows.begin(), rows.end(), Remembered{"device", "after", "1"}) != rows.end());
    }
    EXPECT_GT(aside, 50);
}

TEST(Ledger, FullFileSystemLosesNothingThatWasCommitted) {
    const TemporaryDirectory directory;
    const auto file = directory / "ledger.db";
    auto ledger = opened(file);
    const Rows before{{"device", "a", "1"}};
    commit(ledger, before);
    {
        const FullDisk full{std::filesystem::file_size(file + "-wal") + 100};
        const auto r = ledger.commit(Rows{{"device", "a", "2"}, {"device", "b", std::string(5000, 'x')}});
        ASSERT_FALSE(r);
        EXPECT_NE(r.error().text().find(file), std::string::npos) << r.error().text();
        EXPECT_EQ(rows_of(ledger), before);
    }
    commit(ledger, {{"device", "b", "3"}});
    EXPECT_EQ(rows_of(ledger), (Rows{{"device", "a", "1"}, {"device", "b", "3"}}));
}

TEST(Ledger, LinksAndFilesOfOthersAreRefused) {
    const TemporaryDirectory directory;
    const auto file = directory / "ledger.db", elsewhere = directory / "elsewhere";
    write_file(elsewhere, "");
    ASSERT_EQ(symlink(elsewhere.c_str(), file.c_str()), 0);
    auto linked = Ledger::open(file, kBoot);
    ASSERT_FALSE(linked);
    EXPECT_NE(linked.error().text().find("no regular file"), std::string::npos) << linked.error().text();
    EXPECT_TRUE(read_file(elsewhere).empty());

    ASSERT_EQ(chmod(elsewhere.c_str(), 0666), 0);
    auto open_to_all = Ledger::open(elsewhere, kBoot);
    ASSERT_FALSE(open_to_all);
    EXPECT_NE(open_to_all.error().text().find("writable by others"), std::string::npos);

    ASSERT_EQ(chmod(directory.path.c_str(), 0777), 0);
    EXPECT_FALSE(Ledger::open(directory / "new.db", kBoot));
    EXPECT_FALSE(exists(directory / "new.db"));
}

TEST(Ledger, OneProcessAtATime) {
    const TemporaryDirectory directory;
    const auto file = directory / "ledger.db";
    auto ledger = opened(file);
    commit(ledger, {{"device", "a", "1"}});
    // A library that knew of our lock would not ask the kernel: another program does.
    Helper other{{"ledger", file, kBoot}};
    const auto said = other.line();
    EXPECT_NE(said.find("locked"), std::string::npos) << said;
    EXPECT_EQ(other.end(), 1);
    EXPECT_EQ(rows_of(ledger).size(), 1u);
}

TEST(Ledger, DiskIsWarnedOf) {
    const TemporaryDirectory memory, disk{"/var/tmp"};
    if (std::filesystem::space(memory.path).capacity == std::filesystem::space(disk.path).capacity)
        return; // the machine has one file system for both
    EXPECT_TRUE(opened(memory / "ledger.db").warnings().empty());
    const auto warnings = opened(disk / "ledger.db").warnings();
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_NE(warnings[0].find("--run-dir"), std::string::npos) << warnings[0];
}

} // namespace
} // namespace dmev
