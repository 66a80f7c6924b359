// SPDX-License-Identifier: Apache-2.0
// The history when all is well.
#include "store/history.hpp"

#include <sys/stat.h>

#include "helper.hpp"
#include "history_support.hpp"
#include "model/event_json.hpp"

namespace dmev {
namespace {

using std::filesystem::exists;
using Rows = std::vector<Remembered>;

struct HistoryTest : testing::Test {
    const TemporaryDirectory directory{"/var/tmp"};
    const std::string file = directory / "history.db";
};

TEST_F(HistoryTest, TellsWhatHappened) {
    const auto odd = event_of(1, "raid.failed", Severity::critical, std::string{"a\xFF'\0b", 5});
    {
        Watched w{file};
        w.history->event(event_of(0));
        w.history->event(odd);
        w.history->decision(odd.time, odd.id, R"({"schema":"dmevent-decision/1"})");
        EXPECT_TRUE(w.history->drain(60s));
        EXPECT_EQ(w.history->counts().written, 3u);
        EXPECT_EQ(w.history->counts().dropped + w.history->counts().waiting, 0u);
        EXPECT_TRUE(w.states.empty());
    }
    EXPECT_FALSE(exists(file + "-wal")); // its end left one file; a reader may not remove what it shares
    PastQuery query;
    query.decisions = true;
    const auto rows = past_of(file, query);
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].json, event_json(event_of(0)));
    EXPECT_EQ(rows[1].json, event_json(odd));
    EXPECT_EQ(rows[1].time, odd.time);
    EXPECT_EQ(rows[2].kind, PastRow::Kind::decision);
    EXPECT_EQ(rows[2].id, odd.id);
    struct stat stat {};
    ASSERT_EQ(::stat(file.c_str(), &stat), 0);
    EXPECT_EQ(stat.st_mode & 07777, 0600u);
}

TEST_F(HistoryTest, LaterBootIsGivenWhatWasRemembered) {
    {
        Watched w{file, "first"};
        w.history->remember({{"run", "1", "a"}, {"run", "2", "b"}, {"lane", std::string{"\0\xFF", 2}, "c"}});
        EXPECT_TRUE(w.history->drain(60s));
        w.history->remember({{"run", "1", ""}, {"run", "2", "d"}});
        EXPECT_TRUE(w.history->drain(60s));
        w.history->dispatch();
        EXPECT_EQ(w.given, 0);
    }
    const Rows kept{{"lane", std::string{"\0\xFF", 2}, "c"}, {"run", "2", "d"}};
    {
        Watched same{file, "first"};
        EXPECT_TRUE(same.history->drain(60s));
        same.history->dispatch();
        EXPECT_EQ(same.given, 0);
    }
    for (int start = 0; start < 2; ++start) { // until it is settled
        Watched later{file, "second"};
        ASSERT_TRUE(later.until([&] { return later.given > 0; }));
        EXPECT_EQ(later.earlier, kept);
        if (start == 0) continue;
        later.history->remember({{"run", "3", "e"}});
        later.history->earlier_settled();
        EXPECT_TRUE(later.history->drain(60s));
    }
    Watched last{file, "third"};
    ASSERT_TRUE(last.until([&] { return last.given > 0; }));
    EXPECT_EQ(last.earlier, (Rows{{"run", "3", "e"}}));
}

TEST_F(HistoryTest, WaitsForItsDirectory) {
    const auto above = directory / "not/yet";
    Watched w{above + "/here/history.db"};
    for (int i = 0; i < 5; ++i) w.history->event(event_of(i));
    EXPECT_FALSE(w.history->drain(60s)); // it tried, in vain
    EXPECT_EQ(w.history->counts().waiting, 5u);
    EXPECT_FALSE(exists(above));
    std::filesystem::create_directories(above);
    ASSERT_TRUE(w.until_written(5));
    EXPECT_TRUE(w.states.empty()) << w.states[0];
    w.history.reset();
    EXPECT_EQ(past_of(above + "/here/history.db").size(), 5u);
}

TEST_F(HistoryTest, DirectoryThatDoesNotComeIsTold) {
    auto options = Watched::options(directory / "not/yet/history.db");
    options.mount_patience = 50ms;
    Watched w{options};
    w.history->event(event_of(0));
    ASSERT_TRUE(w.until_told(1));
    EXPECT_NE(w.states[0].find("No such file"), std::string::npos) << w.states[0];
    std::filesystem::create_directory(directory / "not");
    ASSERT_TRUE(w.until_told(2));
    EXPECT_EQ(w.states[1], "");
}

TEST_F(HistoryTest, OldRowsAreRemoved) {
    auto options = Watched::options(file);
    options.keep = std::chrono::hours{1};
    {
        Watched w{Watched::options(file)};
        for (int i = 0; i < 5000; ++i) w.history->event(event_of(i)); // of long ago
        EXPECT_TRUE(w.history->drain(60s));
    }
    EXPECT_EQ(past_of(file).size(), 5000u);
    {
        Watched w{options};
        auto now = event_of(1);
        now.time = std::chrono::system_clock::now();
        now.id = "new";
        w.history->event(now);
        // Pieces are removed one after the other; the file shrinks with them.
        ASSERT_TRUE(w.until([&] { return std::filesystem::file_size(file) < (1u << 20); }));
    }
    EXPECT_EQ(ids_of(past_of(file)), std::vector<std::string>{"new"});
}

TEST_F(HistoryTest, FileStaysWithinItsSize) {
    auto options = Watched::options(file);
    options.max_size = 1 << 20;
    {
        Watched w{options};
        for (int i = 0; i < 15'000; ++i) w.history->event(event_of(i));
        EXPECT_TRUE(w.history->drain(60s));
        ASSERT_TRUE(w.until_written(15'000));
    }
    {
        Watched w{options};
        ASSERT_TRUE(w.until([&] { return std::filesystem::file_size(file) <= (5u << 18); }))
            << std::filesystem::file_size(file);
    }
    const auto rows = past_of(file);
    ASSERT_FALSE(rows.empty());
    EXPECT_LT(rows.size(), 5000u);
    EXPECT_EQ(rows.back().id, event_of(14'999).id);
}

TEST_F(HistoryTest, KilledWriterLosesNothingItCounted) {
    std::uint64_t counted = 0;
    {
        Helper writer{{"flood", file, kBoot}};
        while (counted < 3000) counted = std::stoull(writer.line());
        kill(writer.pid(), SIGKILL);
        EXPECT_EQ(writer.end(), 128 + SIGKILL);
    }
    EXPECT_TRUE(exists(file + "-wal"));
    const auto rows = past_of(file); // of a writer that is dead
    ASSERT_GE(rows.size(), counted);
    for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i].id, std::to_string(i));
    Watched later{file, "another boot"};
    ASSERT_TRUE(later.until([&] { return later.given > 0; }));
    EXPECT_EQ(later.earlier.size(), 10u);
    EXPECT_TRUE(later.states.empty());
}

} // namespace
} // namespace dmev
