// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace dmev {
namespace {

TEST(Utf8, AcceptsWhatIsAndRefusesWhatLooksAlike) {
    for (const auto* good : {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xEF\xBF\xBF",
                             "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(is_utf8(good)) << hex(good);
    for (const auto* bad :
         {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80",
          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xC3(b"})
        EXPECT_FALSE(is_utf8(bad)) << hex(bad);
}

TEST(Utf8, IsRepairedByteForByte) {
    EXPECT_EQ(repair_utf8("a\xFF\xFE\xC3\xA9"), "a\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA9");
    EXPECT_EQ(repair_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(repair_utf8("plain"), "plain");
}

TEST(Escape, ShowsControlBytesAndKeepsTheRest) {
    EXPECT_EQ(escape("a b\xC3\xA9"), "a b\xC3\xA9");
    EXPECT_EQ(escape("\n\x1b[2J\x7f"), "\\x0a\\x1b[2J\\x7f");
    EXPECT_EQ(escape("\xC2\x9B"
                     "1m"),
              "\\xc2\\x9b1m");
    EXPECT_EQ(escape("\xFF\\"), "\\xff\\\\");
    EXPECT_EQ(escape("\xE2\x80\xAE\xE2\x81\xA6"), "\\xe2\\x80\\xae\\xe2\\x81\\xa6"); // turns text around
    EXPECT_EQ(escape("\xE2\x80\xA6\xE2\x82\xAC"), "\xE2\x80\xA6\xE2\x82\xAC");       // three dots, euro
    EXPECT_EQ(escape(std::string_view{"a\0b", 3}), "a\\x00b");
}

TEST(Escape, AnyBytesBecomeOneLineOfUtf8) {
    std::mt19937 random{3};
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes(random() % 20, ' ');
        for (auto& c : bytes) c = static_cast<char>(random() % 256);
        const auto shown = escape(bytes);
        ASSERT_TRUE(is_utf8(shown)) << hex(bytes);
        for (const char c : shown)
            ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) << hex(bytes);
        ASSERT_TRUE(is_utf8(repair_utf8(bytes))) << hex(bytes);
    }
}

TEST(Hex, IsTwoDigitsAByte) { EXPECT_EQ(hex(std::string_view{"\0a\xFF", 3}), "0061ff"); }

TEST(Unmangle, UndoesWhatLibdevmapperDoes) {
    EXPECT_EQ(unmangle("a\\x20b\\x22"), "a b\"");
    EXPECT_EQ(unmangle("\\x5cx20"), "\\x20"); // once only
    EXPECT_EQ(unmangle("\\x2"), "\\x2");
    EXPECT_EQ(unmangle("\\xzz\\"), "\\xzz\\");
    EXPECT_EQ(unmangle("a\\x2G"), "a\\x2G");
}

TEST(Glob, MatchesTheWholeText) {
    const auto yes = [](const char* pattern, const char* text) {
        EXPECT_TRUE(glob_match(pattern, text)) << pattern << " " << text;
    };
    const auto no = [](const char* pattern, const char* text) {
        EXPECT_FALSE(glob_match(pattern, text)) << pattern << " " << text;
    };
    yes("", "");
    yes("*", "");
    yes("thin.*", "thin.low_water");
    yes("*low*", "thin.low_water");
    yes("a?c", "abc");
    yes("[a-c]x", "bx");
    yes("[!a-c]x", "dx");
    yes("[]]", "]");
    yes("[", "[");
    yes("**a**", "xxaxx");
    yes("*ab*ab", "abxabab");
    no("thin", "thin.low_water");
    no("thin.*", "thinx");
    no("a?c", "ac");
    no("[a-c]x", "dx");
    no("[!a-c]x", "ax");
    no("?", "");
    no("*a", "ab");
}

// What a recursive matcher takes for ever over.
TEST(Glob, ManyStarsDoNotExplode) {
    std::string pattern, text(2000, 'a');
    for (int i = 0; i < 200; ++i) pattern += "a*";
    EXPECT_FALSE(glob_match(pattern + "b", text));
    EXPECT_TRUE(glob_match(pattern, text));
}

TEST(Glob, IsKnownByItsSigns) {
    EXPECT_TRUE(is_glob("thin.*") && is_glob("a?") && is_glob("[a]"));
    EXPECT_FALSE(is_glob("thin.low_water"));
}

TEST(Nearest, SuggestsWhatMayHaveBeenMeant) {
    const std::vector<std::string> words{"thin", "thin.low_water", "raid", "mirror"};
    EXPECT_EQ(nearest("thn", words), "thin");
    EXPECT_EQ(nearest("thin.lowwater", words), "thin.low_water");
    EXPECT_EQ(nearest("miror", words), "mirror");
    EXPECT_EQ(nearest("THIN.Low_Water", words), "thin.low_water");
    EXPECT_EQ(nearest("multipath", words), "");
    EXPECT_EQ(nearest("raid", words), "raid");
}

} // namespace
} // namespace dmev
