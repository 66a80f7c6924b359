// SPDX-License-Identifier: Apache-2.0
// The history on its worst day: each fault is told once, with what mends it, and nothing that fits into the
// queue is lost.
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include <set>

#include "faulty_disk.hpp"
#include "helper.hpp"
#include "history_support.hpp"

namespace dmev {
namespace {

using std::filesystem::exists;
using Words = std::vector<std::string>;

struct HistoryFaults : testing::Test {
    const TemporaryDirectory directory{"/var/tmp"};
    const std::string file = directory / "history.db";

    void write_events(int first, int count) {
        Watched w{file};
        for (int i = first; i < first + count; ++i) w.history->event(event_of(i));
        ASSERT_TRUE(w.history->drain(60s));
    }
    // The history of W was told to have failed for WORDS and then to work, and has rows FIRST and following.
    void expect_mended(Watched& w, const Words& words, int rows) {
        ASSERT_TRUE(w.until_told(2));
        for (const auto& word : words)
            EXPECT_NE(w.states[0].find(word), std::string::npos) << w.states[0] << " has no " << word;
        EXPECT_EQ(w.states[1], "");
        EXPECT_TRUE(w.history->drain(60s));
        EXPECT_EQ(w.history->counts().dropped, 0u);
        EXPECT_EQ(w.states.size(), 2u);
        w.history.reset();
        EXPECT_EQ(past_of(file).size(), static_cast<std::size_t>(rows));
    }
    Words aside() const {
        Words names;
        for (const auto& entry : std::filesystem::directory_iterator{directory.path})
            if (const auto name = entry.path().filename().string();
                name.starts_with("history.db.corrupt-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
                names.push_back(name);
        std::sort(names.begin(), names.end());
        return names;
    }
};

TEST_F(HistoryFaults, FullDisk) {
    FaultyDisk::instance();
    Watched w{file};
    w.history->event(event_of(0));
    ASSERT_TRUE(w.until_written(1));
    FaultyDisk::instance().fill();
    for (int i = 1; i < 50; ++i) w.history->event(event_of(i));
    ASSERT_TRUE(w.until_told(1));
    FaultyDisk::instance().mend();
    expect_mended(w, {file, "full", "make room"}, 50);
}

TEST_F(HistoryFaults, FileThatMayNotGrow) {
    Watched w{file};
    w.history->event(event_of(0));
    ASSERT_TRUE(w.until_written(1));
    {
        const FullDisk full{std::filesystem::file_size(file + "-wal")};
        for (int i = 1; i < 50; ++i) w.history->event(event_of(i));
        ASSERT_TRUE(w.until_told(1));
    }
    expect_mended(w, {file, "I/O error", "kernel's log"}, 50);
}

TEST_F(HistoryFaults, ReadOnly) {
    write_events(0, 1);
    ASSERT_EQ(chmod(file.c_str(), 0444), 0);
    ASSERT_EQ(chmod(directory.path.c_str(), 0555), 0);
    // The thread has the rights that this one has when it makes it; root's would be above the modes.
    constexpr uid_t nobody = 65534;
    const bool root = geteuid() == 0;
    if (root) setfsuid(nobody);
    Watched w{file};
    if (root) setfsuid(0);
    w.history->event(event_of(1));
    ASSERT_TRUE(w.until_told(1));
    ASSERT_EQ(chmod(directory.path.c_str(), 0700), 0);
    if (root) { // the thread remains who it is
        EXPECT_NE(w.states[0].find("writable"), std::string::npos) << w.states[0];
        EXPECT_EQ(w.history->counts().waiting, 1u);
        return;
    }
    ASSERT_EQ(chmod(file.c_str(), 0600), 0);
    expect_mended(w, {file, "writable"}, 2);
}

TEST_F(HistoryFaults, LockedByAnother) {
    write_events(0, 1);
    Helper holder{{"hold", file}};
    ASSERT_EQ(holder.line(), "held");
    Watched w{file};
    w.history->event(event_of(1));
    ASSERT_TRUE(w.until_told(1));
    EXPECT_EQ(holder.end(), 0);
    expect_mended(w, {file, "locked", "end the process"}, 2);
}

TEST_F(HistoryFaults, DiskThatHangs) {
    FaultyDisk::instance();
    auto options = Watched::options(file);
    options.stalled_after = 50ms;
    Watched w{options};
    w.history->event(event_of(0));
    ASSERT_TRUE(w.until_written(1));
    FaultyDisk::instance().hang();
    w.history->event(event_of(1));
    FaultyDisk::instance().wait_for_hanging();
    w.history->event(event_of(2)); // nobody waits
    EXPECT_FALSE(w.history->drain(20ms));
    EXPECT_EQ(w.history->counts().waiting, 2u);
    ASSERT_TRUE(w.until_told(1));
    FaultyDisk::instance().mend();
    expect_mended(w, {file, "has not answered", "kept in memory"}, 3);
}

// One thread's open files. (The thread sanitizer has one table for all of them.)
[[maybe_unused]] std::set<std::string> files_of(const std::string& task) {
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/task/" + task + "/fd"}) {
        std::error_code ignored;
        files.insert(std::filesystem::read_symlink(entry.path(), ignored).string());
    }
    return files;
}

TEST_F(HistoryFaults, HangingThreadIsLeftBehindWithNothingOfOurs) {
    FaultyDisk::instance();
    const auto lock = directory / "lock";
    write_file(lock, "");
    const Fd held{open(lock.c_str(), O_RDONLY | O_CLOEXEC)};
    std::set<std::string> before;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/task"})
        before.insert(entry.path().filename());
    auto options = Watched::options(file);
    options.closing = HistoryOptions{}.closing;
    Watched w{options};
    FaultyDisk::instance().hang();
    w.history->event(event_of(0));
    FaultyDisk::instance().wait_for_hanging();
#ifndef __SANITIZE_THREAD__
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/task"}) {
        const auto task = entry.path().filename().string();
        EXPECT_EQ(files_of(task).count(lock), before.count(task)) << task;
    }
#endif
    const auto start = std::chrono::steady_clock::now();
    w.history.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
    FaultyDisk::instance().mend();
}

TEST_F(HistoryFaults, DamagedFileIsSetAsideWhenItIsOpened) {
    for (int turn = 0; turn < 5; ++turn) {
        std::filesystem::remove(file);
        write_events(0, 100);
        auto bytes = read_file(file);
        if (turn % 2 == 0)
            std::fill(bytes.begin() + 16, bytes.begin() + 4096, '\xA5'); // below the magic
        else
            std::fill(bytes.begin(), bytes.begin() + 4096, '\0');
        write_file(file, bytes);
        Watched w{file};
        w.history->event(event_of(1));
        expect_mended(w, {file, "set aside as", ".corrupt-"}, 1);
        EXPECT_EQ(aside().size(), static_cast<std::size_t>(std::min(turn + 1, 3)));
    }
}

TEST_F(HistoryFaults, DamageThatIsFoundLaterIsSetAsideToo) {
    write_events(0, 3000);
    auto bytes = read_file(file);
    std::fill(bytes.begin() + 3 * 4096, bytes.end(), '\xFF'); // all but the first tables' heads
    write_file(file, bytes);
    Watched w{file};
    w.history->remember({{"run", "1", "a"}});
    for (int i = 0; i < 100; ++i) w.history->event(event_of(i));
    expect_mended(w, {file, "set aside as"}, 100);
    EXPECT_EQ(aside().size(), 1u);
    Watched later{file, "another boot"};
    ASSERT_TRUE(later.until([&] { return later.given > 0; }));
    EXPECT_EQ(later.earlier.size(), 1u);
}

TEST_F(HistoryFaults, WhatIsNotOursIsLeftAlone) {
    const auto others = directory / "others.db", newer = directory / "newer.db";
    {
        sqlite3* database = nullptr;
        ASSERT_EQ(sqlite3_open(others.c_str(), &database), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(database, "CREATE TABLE history(a)", nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(database);
        write_events(0, 1);
        std::filesystem::copy_file(file, newer);
        ASSERT_EQ(sqlite3_open(newer.c_str(), &database), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(database, "PRAGMA user_version=2", nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(database);
    }
    const auto text = directory / "notes.txt", link = directory / "link.db";
    write_file(text, "Dear diary, " + std::string(5000, 'x'));
    ASSERT_EQ(symlink(text.c_str(), link.c_str()), 0);
    const std::pair<std::string, std::string> refused[] = {{others, "another program"},
                                                           {newer, "newer version"},
                                                           {text, "no database"},
                                                           {link, "no regular file"},
                                                           {"/dev/null", "no regular file"}};
    for (const auto& [name, why] : refused) {
        if (name != "/dev/null") chmod(name.c_str(), 0600);
        const auto before = name == "/dev/null" ? "" : read_file(name);
        Watched w{name};
        w.history->event(event_of(0));
        ASSERT_TRUE(w.until_told(1)) << name;
        EXPECT_NE(w.states[0].find(why), std::string::npos) << w.states[0];
        EXPECT_NE(w.states[0].find(name), std::string::npos) << w.states[0];
        EXPECT_FALSE(w.history->drain(60s));
        w.history.reset();
        EXPECT_EQ(w.states.size(), 1u);
        EXPECT_EQ(name == "/dev/null" ? "" : read_file(name), before);
    }
}

TEST_F(HistoryFaults, WhatDoesNotFitIsCounted) {
    write_file(file, "not a database at all");
    chmod(file.c_str(), 0600);
    auto options = Watched::options(file);
    options.queue = 10;
    Watched w{options};
    for (int i = 0; i < 25; ++i) w.history->event(event_of(i));
    ASSERT_TRUE(w.until_told(1));
    std::filesystem::remove(file);
    ASSERT_TRUE(w.until_told(2));
    EXPECT_EQ(w.states[1], "");
    EXPECT_EQ(w.history->counts().dropped, 15u);
    EXPECT_EQ(w.history->counts().written, 10u);
    w.history.reset();
    const auto rows = past_of(file);
    ASSERT_EQ(rows.size(), 11u);
    EXPECT_EQ(rows[0].kind, PastRow::Kind::gap);
    EXPECT_NE(rows[0].json.find("\"dropped\":15"), std::string::npos) << rows[0].json;
    EXPECT_EQ(rows[1].id, event_of(15).id);
}

TEST_F(HistoryFaults, RemovedFileIsBegunAnew) {
    Watched w{file};
    w.history->remember({{"run", "1", "a"}});
    w.history->event(event_of(0));
    ASSERT_TRUE(w.until_written(1));
    std::filesystem::remove(file);
    w.history->event(event_of(1));
    expect_mended(w, {file, "moved away"}, 1);
    Watched later{file, "another boot"};
    ASSERT_TRUE(later.until([&] { return later.given > 0; }));
}

// The log is what was written last: without it, what is written goes nowhere that others could read.
TEST_F(HistoryFaults, LogThatIsReplacedIsFoundAndNothingIsLost) {
    const auto log = file + "-wal", copy = file + "-copy";
    Watched w{file};
    w.history->event(event_of(0));
    ASSERT_TRUE(w.until_written(1));
    std::filesystem::copy_file(log, copy);
    std::filesystem::rename(copy, log);
    w.history->event(event_of(1));
    ASSERT_TRUE(w.until_told(2));
    std::filesystem::remove(log);
    w.history->event(event_of(2));
    ASSERT_TRUE(w.until_told(4));
    for (const int i : {0, 2}) EXPECT_NE(w.states[i].find("moved away"), std::string::npos) << w.states[i];
    EXPECT_EQ(w.states[1] + w.states[3], "");
    EXPECT_TRUE(w.history->drain(60s));
    w.history.reset();
    EXPECT_EQ(past_of(file).size(), 3u);
    EXPECT_TRUE(aside().empty());
}

TEST_F(HistoryFaults, WhatIsCutShortIsCheckedAndSetAsideIfItIsDamaged) {
    for (const std::string name : {"", "-wal"}) {
        for (const auto size : {0, 5000}) {
            write_events(0, 300);
            Watched w{file};
            w.history->event(event_of(300));
            ASSERT_TRUE(w.until_written(1));
            ASSERT_EQ(truncate((file + name).c_str(), size), 0);
            w.history->event(event_of(301));
            ASSERT_TRUE(w.until([&] { return w.history->counts().written == 2; }));
            ASSERT_TRUE(w.until([&] { return w.states.size() >= 2 && w.states.back().empty(); }));
            EXPECT_NE(w.states[0].find("cut it short"), std::string::npos) << w.states[0];
            EXPECT_TRUE(w.history->drain(60s));
            w.history.reset();
            const auto ids = ids_of(past_of(file));
            ASSERT_FALSE(ids.empty());
            EXPECT_EQ(ids.back(), event_of(301).id) << name << size;
            for (const auto& entry : std::filesystem::directory_iterator{directory.path})
                std::filesystem::remove(entry.path());
        }
    }
}

// Somebody who puts the log into the file has cut it short as well.
TEST_F(HistoryFaults, WhatAnotherWroteBackIsNoDamage) {
    Watched w{file};
    for (int i = 0; i < 100; ++i) w.history->event(event_of(i));
    ASSERT_TRUE(w.until_written(100));
    Helper other{{"checkpoint", file}};
    EXPECT_EQ(other.line(), "done");
    EXPECT_EQ(other.end(), 0);
    ASSERT_EQ(std::filesystem::file_size(file + "-wal"), 0u);
    w.history->event(event_of(100));
    ASSERT_TRUE(w.until_written(101));
    EXPECT_TRUE(w.history->drain(60s));
    w.history.reset();
    EXPECT_EQ(past_of(file).size(), 101u);
    EXPECT_TRUE(aside().empty());
}

} // namespace
} // namespace dmev
