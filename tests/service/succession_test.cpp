// SPDX-License-Identifier: Apache-2.0
#include "service/succession.hpp"

#include <sys/stat.h>

#include "store/support.hpp"

namespace dmev {
namespace {

using std::filesystem::exists;
using Rows = std::vector<Remembered>;

// A life of the program: what changes is pushed to CHANGES, and taken by keep().
struct Life {
    explicit Life(const std::string& run_dir) : succession(run_dir, std::chrono::milliseconds{0}) {}
    void connect() {
        succession.connect({.changed = {[this] { return std::exchange(changes, {}); }},
                            .owed = [this] { return std::exchange(owed, {}); },
                            .copy =
                                [this](Rows rows) {
                                    copied.insert(copied.end(), std::make_move_iterator(rows.begin()),
                                                  std::make_move_iterator(rows.end()));
                                },
                            .state =
                                [this](const std::string& why) {
                                    states.push_back(why);
                                    if (!reaction) return;
                                    changes.push_back(*reaction);
                                    succession.keep();
                                }});
    }
    void keep(Rows rows) {
        changes = std::move(rows);
        succession.keep();
    }
    Rows changes, owed, copied;
    std::vector<std::string> states;
    std::optional<Remembered> reaction; // changes when something is told
    Succession succession;
};

struct SuccessionTest : testing::Test {
    const TemporaryDirectory run_dir;
    const std::string file = run_dir / "ledger.db";

    // What a process that is killed now leaves behind.
    std::optional<Rows> left() const {
        const TemporaryDirectory copy;
        for (const auto* name : {"ledger.db", "ledger.db-wal"})
            if (exists(run_dir / name)) std::filesystem::copy_file(run_dir / name, copy / name);
        chmod((copy / "ledger.db").c_str(), 0600);
        Life next{copy.path};
        return next.succession.inherit(false);
    }
    // Overwrites all of it but the first page, under whoever has it open; what is in his memory stays.
    // HIDDEN: nothing shows that it was written to.
    void damage(bool hidden) const {
        for (const auto& name : {file, file + "-wal"}) {
            const Fd fd{open(name.c_str(), O_WRONLY | O_CLOEXEC)};
            struct stat stat {};
            ASSERT_EQ(fstat(fd.get(), &stat), 0);
            const std::string rubbish(4096, '\xA5');
            for (off_t at = 4096; at < stat.st_size; at += 4096) {
                const auto size = std::min<off_t>(4096, stat.st_size - at);
                ASSERT_EQ(pwrite(fd.get(), rubbish.data(), static_cast<std::size_t>(size), at), size);
            }
            const timespec times[] = {{0, UTIME_OMIT}, hidden ? stat.st_mtim : timespec{1, 0}};
            ASSERT_EQ(futimens(fd.get(), times), 0);
        }
    }
};

Rows many() { // more than the library keeps in memory
    Rows rows;
    for (int i = 1000; i < 3000; ++i)
        rows.push_back({"device", std::to_string(i), std::string(1000, 'v') + std::to_string(i)});
    return rows;
}

TEST_F(SuccessionTest, WhatWasKeptIsThereAtOnce) {
    Life life{run_dir.path};
    EXPECT_EQ(life.succession.inherit(false), Rows{});
    life.connect();
    life.keep({{"run", "2", "b"}, {"device", "1", "a"}});
    EXPECT_EQ(left(), (Rows{{"device", "1", "a"}, {"run", "2", "b"}}));
    life.keep({{"run", "2", ""}, {"lane", "3", "c"}});
    EXPECT_EQ(left(), (Rows{{"device", "1", "a"}, {"lane", "3", "c"}}));
    EXPECT_EQ(life.succession.everything(), *left());
    EXPECT_EQ(life.copied,
              (Rows{{"run", "2", "b"}, {"device", "1", "a"}, {"run", "2", ""}, {"lane", "3", "c"}}));
    EXPECT_TRUE(life.states.empty());
}

TEST_F(SuccessionTest, WhatIsOwedDoesNotWaitForTheRest) {
    Life life{run_dir.path};
    EXPECT_EQ(life.succession.inherit(false), Rows{});
    life.connect();
    life.changes = {{"device", "1", "a"}};
    life.succession.keep_owed();
    EXPECT_EQ(left(), Rows{}) << "nothing is owed";
    life.owed = {{"run", "2", "b"}};
    life.succession.keep_owed();
    EXPECT_EQ(left(), (Rows{{"device", "1", "a"}, {"run", "2", "b"}})) << "and the rest goes with it";
    EXPECT_EQ(life.copied, (Rows{{"run", "2", "b"}, {"device", "1", "a"}}));
}

TEST_F(SuccessionTest, SuccessorGoesOnOrBeginsAnew) {
    {
        Life life{run_dir.path};
        EXPECT_EQ(life.succession.inherit(false), Rows{});
        life.connect();
        life.keep({{"run", "1", "a"}});
    }
    {
        Life life{run_dir.path};
        EXPECT_EQ(life.succession.inherit(false), (Rows{{"run", "1", "a"}}));
        EXPECT_EQ(life.succession.everything(), (Rows{{"run", "1", "a"}}));
    }
    {
        Life life{run_dir.path};
        EXPECT_EQ(life.succession.inherit(true), Rows{});
        life.connect();
        life.keep({{"run", "2", "b"}});
    }
    EXPECT_EQ(left(), (Rows{{"run", "2", "b"}}));
}

// What is said about a failure changes something, too.
TEST_F(SuccessionTest, WhatCouldNotBeKeptIsKeptLater) {
    Life life{run_dir.path};
    ASSERT_TRUE(life.succession.inherit(false));
    life.connect();
    life.keep({{"run", "1", "a"}});
    life.reaction = Remembered{"lane", "store", "told"};
    {
        const FullDisk full{100};
        for (const auto* value : {"b", "c", ""}) life.keep({{"run", "1", value}, {"run", value, value}});
        ASSERT_EQ(life.states.size(), 1u);
        EXPECT_NE(life.states[0].find(run_dir.path), std::string::npos) << life.states[0];
        EXPECT_FALSE(exists(file + ".new"));
    }
    EXPECT_EQ(left(), (Rows{{"run", "1", "a"}}));
    life.keep({});
    EXPECT_EQ(left(), (Rows{{"lane", "store", "told"}, {"run", "b", "b"}, {"run", "c", "c"}}));
    ASSERT_EQ(life.states.size(), 2u);
    EXPECT_EQ(life.states[1], "");
    life.keep({{"run", "2", "d"}});
    EXPECT_EQ(life.states.size(), 2u);
}

TEST_F(SuccessionTest, DamageThatShowsWhenItIsReadIsMendedFromMemory) {
    Life life{run_dir.path};
    ASSERT_TRUE(life.succession.inherit(false));
    life.connect();
    auto rows = many();
    life.keep(rows);
    life.reaction = Remembered{"lane", "store", "told"};
    damage(true);
    for (auto& row : rows) {
        life.keep({{row.kind, row.key, row.value += "!"}});
        if (!life.states.empty()) break;
    }
    ASSERT_EQ(life.states.size(), 2u);
    EXPECT_NE(life.states[0].find(file), std::string::npos) << life.states[0];
    EXPECT_NE(life.states[0].find("malformed"), std::string::npos) << life.states[0];
    EXPECT_NE(life.states[0].find("set aside as " + file + ".bad"), std::string::npos) << life.states[0];
    EXPECT_EQ(life.states[1], "");
    EXPECT_TRUE(exists(file + ".bad"));
    EXPECT_FALSE(exists(file + ".new"));
    rows.push_back(*life.reaction);
    EXPECT_EQ(left(), rows);
    life.keep({{"run", "2", "d"}});
    rows.push_back({"run", "2", "d"});
    EXPECT_EQ(left(), rows);
    EXPECT_EQ(life.states.size(), 2u);
}

TEST_F(SuccessionTest, WhatOthersWroteIsFoundAtOnce) {
    Life life{run_dir.path};
    ASSERT_TRUE(life.succession.inherit(false));
    life.connect();
    life.keep({{"run", "1", "a"}});
    damage(false);
    life.keep({{"run", "2", "b"}});
    ASSERT_EQ(life.states.size(), 2u);
    EXPECT_NE(life.states[0].find("somebody else has written to it"), std::string::npos) << life.states[0];
    EXPECT_EQ(left(), (Rows{{"run", "1", "a"}, {"run", "2", "b"}}));
    ASSERT_EQ(truncate(file.c_str(), 5000), 0);
    life.keep({{"run", "3", "c"}});
    EXPECT_EQ(life.states.size(), 4u);
    EXPECT_EQ(left(), (Rows{{"run", "1", "a"}, {"run", "2", "b"}, {"run", "3", "c"}}));
    life.keep({{"run", "3", "d"}});
    EXPECT_EQ(life.states.size(), 4u);
}

TEST_F(SuccessionTest, RemovedFilesAreMadeAgain) {
    for (const auto* name : {"ledger.db", "ledger.db-wal"}) {
        Life life{run_dir.path};
        ASSERT_TRUE(life.succession.inherit(true));
        life.connect();
        life.keep({{"run", "1", "a"}});
        std::filesystem::remove(run_dir / name);
        life.keep({{"run", "2", "b"}});
        ASSERT_EQ(life.states.size(), 2u) << name;
        EXPECT_NE(life.states[0].find("moved away"), std::string::npos) << life.states[0];
        EXPECT_EQ(life.states[1], "");
        EXPECT_EQ(left(), (Rows{{"run", "1", "a"}, {"run", "2", "b"}})) << name;
    }
}

TEST_F(SuccessionTest, DamageThatWasFoundAtTheStartIsToldOnceThereIsSomebodyToHear) {
    write_file(file, std::string(5000, 'x'));
    ASSERT_EQ(chmod(file.c_str(), 0600), 0);
    Life life{run_dir.path};
    EXPECT_EQ(life.succession.inherit(false), std::nullopt);
    life.connect();
    ASSERT_EQ(life.states.size(), 1u);
    EXPECT_NE(life.states[0].find(file + ".bad"), std::string::npos) << life.states[0];
    life.keep({});
    ASSERT_EQ(life.states.size(), 2u);
    EXPECT_EQ(life.states[1], "");
}

// Another's rows, that he left where we found no way in, are not taken for ours.
TEST_F(SuccessionTest, LedgerThatCannotBeOpenedIsOpenedLater) {
    {
        Life before{run_dir.path};
        ASSERT_TRUE(before.succession.inherit(false));
        before.connect();
        before.keep({{"run", "old", "a"}});
    }
    std::filesystem::rename(file, file + ".elsewhere");
    std::filesystem::create_directory(file);
    Life life{run_dir.path};
    EXPECT_EQ(life.succession.inherit(false), std::nullopt);
    life.connect();
    life.keep({{"run", "1", "a"}});
    ASSERT_EQ(life.states.size(), 1u);
    EXPECT_NE(life.states[0].find("no regular file"), std::string::npos) << life.states[0];
    EXPECT_EQ(life.succession.everything(), (Rows{{"run", "1", "a"}}));
    EXPECT_EQ(life.copied, (Rows{{"run", "1", "a"}}));
    std::filesystem::remove(file);
    std::filesystem::rename(file + ".elsewhere", file);
    life.keep({{"run", "2", "b"}});
    ASSERT_EQ(life.states.size(), 2u);
    EXPECT_EQ(life.states[1], "");
    EXPECT_EQ(left(), (Rows{{"run", "1", "a"}, {"run", "2", "b"}}));
}

} // namespace
} // namespace dmev
