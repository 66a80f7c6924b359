// SPDX-License-Identifier: Apache-2.0
// The tree of what is right, and what cannot stand in a file of the zoo.
#include <gtest/gtest.h>

#include <chrono>

#include "config/node.hpp"
#include "config/yaml_text.hpp"

namespace dmev {
namespace {

using Kind = Node::Kind;

Node parsed(std::string_view text) {
    Diagnostics diagnostics;
    auto node = parse_yaml(text, "f", diagnostics);
    EXPECT_TRUE(diagnostics.ok()) << diagnostics.errors.front().text();
    return node;
}

std::string wrong(std::string_view text) {
    Diagnostics diagnostics;
    const auto node = parse_yaml(text, "f", diagnostics);
    EXPECT_TRUE(node.faulty);
    return diagnostics.errors.size() == 1 ? diagnostics.errors.front().text() : "not one error";
}

TEST(Yaml, GivesEachValueItsPlace) {
    const auto root = parsed("a: 1\nb:\n  - x\n  - {c: \"1\", d: }\n");
    ASSERT_EQ(root.kind, Kind::map);
    ASSERT_EQ(root.members.size(), 2u);
    const auto& a = *root.find("a");
    EXPECT_EQ(a.text, "1");
    EXPECT_FALSE(a.quoted);
    EXPECT_EQ(std::pair(a.at.line, a.at.column), std::pair(1, 4));
    const auto& b = *root.find("b");
    ASSERT_EQ(b.kind, Kind::list);
    ASSERT_EQ(b.items.size(), 2u);
    const auto& c = *b.items[1].find("c");
    EXPECT_TRUE(c.quoted);
    EXPECT_EQ(std::pair(c.at.line, c.at.column), std::pair(4, 9));
    EXPECT_EQ(c.at.file, "f");
    EXPECT_EQ(b.items[1].find("d")->kind, Kind::null);
    EXPECT_EQ(root.find("e"), nullptr);
}

TEST(Yaml, NothingIsNullAtTheFront) {
    for (const auto* text : {"", "\n\n", "# only this\n", "---\n", "~"}) {
        const auto root = parsed(text);
        EXPECT_EQ(root.kind, Kind::null) << text;
        EXPECT_EQ(root.at.line, 1) << text;
    }
}

TEST(Yaml, TakesTextsOfAllStyles) {
    const auto root =
        parsed("a: it's\nb: 'it''s'\nc: \"\\u00e4\\t\"\nd: |\n  two\n  lines\ne: >-\n  one\n  line\n");
    EXPECT_EQ(root.find("a")->text, "it's");
    EXPECT_EQ(root.find("b")->text, "it's");
    EXPECT_EQ(root.find("c")->text, "\xC3\xA4\t");
    EXPECT_EQ(root.find("d")->text, "two\nlines\n");
    EXPECT_EQ(root.find("e")->text, "one line");
}

TEST(Yaml, TakesWindowsLines) {
    const auto root = parsed("a: 1\r\nb: \"2\"\r\n");
    EXPECT_EQ(root.find("a")->text, "1");
    EXPECT_EQ(root.find("b")->text, "2");
    EXPECT_EQ(root.find("b")->at.line, 2);
}

TEST(Yaml, RefusesOtherEncodings) {
    using namespace std::string_view_literals;
    EXPECT_EQ(wrong("\xEF\xBB\xBF"
                    "a: 1"),
              "f:1:1: the file begins with a byte order mark; save it as UTF-8 without one");
    for (const auto text : {"\xFF\xFE"
                            "a\0"sv,
                            "\xFE\xFF\0a"sv, "\0\0\xFE\xFF\0\0\0a"sv})
        EXPECT_EQ(wrong(text),
                  "f:1:1: the file is not UTF-8: it begins as UTF-16 or UTF-32 does; save it as UTF-8");
    EXPECT_EQ(wrong("a: 1\nb: \xF0\x9F\x98\x80\xF0\x9F\x98"),
              "f:2:8: a byte that is not UTF-8 0xf0; save the file as UTF-8");
}

TEST(Yaml, RefusesWhatIsTooLarge) {
    const std::string full = "a: " + std::string((1u << 20) - 3, 'b');
    EXPECT_EQ(parsed(full).find("a")->text.size(), full.size() - 3);
    EXPECT_EQ(wrong(full + "b"),
              "f: the file is too large: it has 1048577 bytes; a configuration has at most 1 MiB");
    std::string many = "[";
    for (int i = 0; i < 60'000; ++i) many += "a,";
    EXPECT_EQ(wrong(many + "]"),
              "f:1:100000: the file has too many values: more than 50000; split it over files in conf.d");
}

// Quadratic time would be minutes here.
TEST(Yaml, EndsSoonWhateverComes) {
    const auto start = std::chrono::steady_clock::now();
    for (const auto* part : {"[", "{", "- ", "? ", "a: ", "\"", "'", ",", ",\n", "]", "a: [\n", "!", "&a ",
                             "| \n", "-\n", "%a\n", "--- "}) {
        std::string text;
        while (text.size() < 1'000'000) text += part;
        Diagnostics diagnostics;
        (void)parse_yaml(text, "f", diagnostics);
        EXPECT_LE(diagnostics.errors.size(), 1u) << part;
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::minutes{1});
}

TEST(Yaml, FindsTheEndOfAQuotedText) {
    EXPECT_TRUE(is_terminated("\"a\"", 0));
    EXPECT_FALSE(is_terminated("\"a\\\"", 0));
    EXPECT_TRUE(is_terminated("\"a\\\\\"", 0));
    EXPECT_TRUE(is_terminated("'a'''", 0));
    EXPECT_FALSE(is_terminated("'a''", 0));
    EXPECT_TRUE(is_terminated("x 'a", 0));
    EXPECT_FALSE(is_terminated("x 'a", 2));
}

} // namespace
} // namespace dmev
