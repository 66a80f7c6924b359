// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/fd.hpp"
#include "source/recording.hpp"

namespace dmev {
namespace {

const std::string kTick = R"({"kind":"tick"})";
constexpr std::size_t kMiB = 1 << 20;

// What came through, in order: times of good lines, texts of bad ones.
struct Seen {
    std::vector<std::string> all;
    Result<ReplayResult> result;

    explicit Seen(const std::string& file)
        : result(replay(
              file, [this](Observation&& o) { all.push_back(format_utc(o.at)); },
              [this](const Error& e) { all.push_back(std::to_string(e.place.line) + " " + e.why); })) {}
};

struct Replay : testing::Test {
    std::string file = testing::TempDir() + "/replay-" + std::to_string(getpid()) + ".jsonl";
    Seen run(std::string_view content) {
        std::ofstream{file, std::ios::binary} << content;
        return Seen{file};
    }
    void TearDown() override { unlink(file.c_str()); }
};

std::string tick(const char* second) {
    return R"({"kind":"tick","at":"2026-01-31T10:15:)" + std::string{second} + "Z\"}";
}
std::string time(const char* second) { return "2026-01-31T10:15:" + std::string{second} + ".000000000Z"; }

TEST_F(Replay, GoesLineByLineAndKeepsTheTimeOfTheLineBefore) {
    const auto seen = run(tick("01") + "\r\n\n  \t\r\n" + kTick + "\n" + tick("03"));
    ASSERT_TRUE(seen.result);
    EXPECT_EQ(seen.result->observations, 3u);
    EXPECT_EQ(seen.result->bad_lines, 0u);
    EXPECT_EQ(seen.all, (std::vector{time("01"), time("01"), time("03")}));
}

TEST_F(Replay, ABadLineIsToldInPlaceAndTheRestIsReplayed) {
    const auto seen = run(tick("01") + "\nnonsense\n\n" + tick("02") + "\n{\"kind\":\"x\"}");
    ASSERT_TRUE(seen.result);
    EXPECT_EQ(seen.result->observations, 2u);
    EXPECT_EQ(seen.result->bad_lines, 2u);
    EXPECT_EQ(seen.all, (std::vector<std::string>{time("01"), "2 Invalid value.", time("02"),
                                                  "5 'x' is none that is known"}));
}

TEST_F(Replay, AnEmptyFileIsNoError) {
    const auto seen = run("");
    ASSERT_TRUE(seen.result);
    EXPECT_TRUE(seen.all.empty());
}

TEST_F(Replay, LongLinesAreReadUpToALimit) {
    const auto padded = [](std::size_t size) {
        std::string line = R"({"kind":"tick","pad":")";
        return line + std::string(size - line.size() - 2, 'x') + "\"}";
    };
    const auto seen = run(padded(15 * kMiB) + "\n" + padded(40 * kMiB) + "\n" + tick("02") + "\n" +
                          padded(17 * kMiB) + "\n");
    ASSERT_TRUE(seen.result);
    EXPECT_EQ(seen.result->observations, 2u);
    EXPECT_EQ(seen.all, (std::vector<std::string>{"1970-01-01T00:00:00.000000000Z", "2 longer than 16 MiB",
                                                  time("02"), "4 longer than 16 MiB"}));
}

TEST_F(Replay, ManyLinesCrossTheBufferUnharmed) {
    std::string content;
    for (int i = 0; i < 50'000; ++i) content += tick("01") + "\n";
    const auto seen = run(content);
    ASSERT_TRUE(seen.result);
    EXPECT_EQ(seen.result->observations, 50'000u);
    EXPECT_EQ(seen.result->bad_lines, 0u);
}

TEST_F(Replay, FailsOnlyWhenTheFileCannotBeRead) {
    const Seen missing{"/nonexistent/a.jsonl"};
    ASSERT_FALSE(missing.result);
    EXPECT_EQ(missing.result.error().text(),
              "cannot open recording /nonexistent/a.jsonl: No such file or directory; "
              "name a file that --record wrote, or - for standard input");
    const Seen directory{testing::TempDir()};
    ASSERT_FALSE(directory.result);
    EXPECT_EQ(directory.result.error().why, "Is a directory");
}

TEST_F(Replay, StandardInputIsStreamed) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    Fd reader{ends[0]}, writer{ends[1]}, saved{dup(0)};
    ASSERT_EQ(dup2(reader.get(), 0), 0);
    std::vector<std::string> seen;
    const auto put = [&](std::string_view bytes) {
        return write(writer.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    };
    ASSERT_TRUE(put(tick("01") + "\n" + R"({"kind":)"));
    // Each line is given before the next is there: the sink itself writes on.
    const auto r = replay(
        "-",
        [&](Observation&& o) {
            seen.push_back(format_utc(o.at));
            if (seen.size() == 1) {
                EXPECT_TRUE(put("\"tick\"}\nbad\n"));
            }
        },
        [&](const Error& e) {
            seen.push_back(e.place.file + ":" + std::to_string(e.place.line));
            writer.reset();
        });
    if (saved) dup2(saved.get(), 0);
    ASSERT_TRUE(r);
    EXPECT_EQ(seen, (std::vector<std::string>{time("01"), time("01"), "standard input:3"}));
}

TEST_F(Replay, EndsAtTheLineAfterWhichItIsEnough) {
    std::ofstream{file} << tick("01") + "\n" + tick("02") + "\nnonsense\n" + tick("03") + "\n";
    std::size_t good = 0;
    const auto r = replay(
        file, [&](Observation&&) { ++good; }, [](const Error& e) { ADD_FAILURE() << e.text(); },
        [&] { return good == 2; });
    ASSERT_TRUE(r);
    EXPECT_EQ(r->observations, 2U);
    EXPECT_EQ(r->bad_lines, 0U);
}

TEST_F(Replay, ErrorsShowAHostileFileNameEscaped) {
    const Seen missing{"/nonexistent/\x1b[31m"};
    ASSERT_FALSE(missing.result);
    EXPECT_EQ(missing.result.error().object, "/nonexistent/\\x1b[31m");
}

} // namespace
} // namespace dmev
