// SPDX-License-Identifier: Apache-2.0
// Copies of a good history with damage of every kind: who reads and who writes survives, and says what it
// finds.
#include <sys/stat.h>

#include "history_support.hpp"

namespace dmev {
namespace {

constexpr int kCopies = 200;

struct HistoryDamage : testing::Test {
    const TemporaryDirectory directory;
    const std::string good = directory / "good.db", file = directory / "history.db";
    std::string bytes;
    std::mt19937 random{20260131};

    void SetUp() override {
        {
            Watched w{good};
            for (int i = 0; i < 300; ++i) w.history->event(event_of(i));
            w.history->remember({{"run", "1", "a"}, {"device", "b", std::string(5000, 'x')}});
            ASSERT_TRUE(w.history->drain(60s));
        }
        bytes = read_file(good);
        ASSERT_GT(bytes.size(), 100'000u);
    }
    void make_damaged_copy() {
        for (const auto& entry : std::filesystem::directory_iterator{directory.path})
            if (entry.path().filename().string().starts_with("history.db"))
                std::filesystem::remove(entry.path());
        write_file(file, damaged(bytes, random));
        ASSERT_EQ(chmod(file.c_str(), 0600), 0);
    }
};

TEST_F(HistoryDamage, ReaderAnswers) {
    int refused = 0, whole = 0;
    for (int i = 0; i < kCopies; ++i) {
        make_damaged_copy();
        std::size_t rows = 0;
        PastQuery query;
        query.decisions = true;
        const auto r = read_past(file, query, [&](const PastRow&) { return ++rows < 10'000; });
        EXPECT_LT(rows, 10'000u);
        if (!r) {
            ++refused;
            EXPECT_NE(r.error().text().find(file), std::string::npos) << r.error().text();
            EXPECT_FALSE(r.error().why.empty());
        } else if (rows == 300) {
            ++whole;
        }
    }
    EXPECT_GT(refused, 20);
    EXPECT_GT(whole, 20);
}

TEST_F(HistoryDamage, WriterGoesOnOrSaysWhyNot) {
    int aside = 0, untouched = 0, refused = 0;
    for (int i = 0; i < kCopies; ++i) {
        make_damaged_copy();
        Watched w{file, "a later boot"};
        w.history->event(event_of(1000));
        ASSERT_TRUE(w.until([&] {
            return w.history->counts().written == 1 || (!w.states.empty() && w.states.back() != "");
        }));
        const bool written = w.until([&] {
            return w.history->counts().written == 1 ||
                   (!w.states.empty() && !w.states.back().empty() &&
                    w.states.back().find("set aside") == std::string::npos);
        });
        ASSERT_TRUE(written);
        w.history->dispatch();
        if (w.history->counts().written == 0) {
            ++refused; // its head does not say that it is ours
            EXPECT_EQ(w.history->counts().waiting, 1u);
            EXPECT_NE(w.states.back().find(file), std::string::npos) << w.states.back();
            continue;
        }
        if (w.states.empty()) {
            ++untouched;
        } else {
            ++aside;
            EXPECT_NE(w.states[0].find("set aside as"), std::string::npos) << w.states[0];
        }
    }
    EXPECT_GT(aside, 5);
    EXPECT_GT(untouched, 20);
    EXPECT_LT(refused, kCopies / 4);
}

} // namespace
} // namespace dmev
