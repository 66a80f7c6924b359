// SPDX-License-Identifier: Apache-2.0
#include "action/placeholders.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "rules/placeholders.hpp"
#include "support.hpp"

namespace dmev {
namespace {

class Placeholders : public testing::Test {
 protected:
    std::string expanded(std::string_view text) {
        auto out = expand(text, firing, "page");
        return out ? *out : "ERROR " + out.error().text();
    }
    std::map<std::string, std::string> variables() {
        const auto env = environment(firing, "page");
        std::map<std::string, std::string> out{env.begin(), env.end()};
        EXPECT_EQ(out.size(), env.size()) << "a name stands twice";
        return out;
    }
    Rule rule = acting::rule({});
    Firing firing = acting::firing(rule);
};

TEST_F(Placeholders, EachNameGivesItsValue) {
    firing.event.part = "8:32";
    firing.event.device->name = "vg--a-pool";
    firing.attempt = 2;
    firing.coalesced = 3;
    firing.reminder = 4;
    const std::pair<const char*, const char*> cases[] = {
        {"{id}", "event-1"},        {"{time}", "1970-01-01T00:01:40.000000000Z"},
        {"{type}", "act.low"},      {"{family}", "act"},
        {"{severity}", "warning"},  {"{state}", "raised"},
        {"{message}", "it is low"}, {"{device}", "vg--a-pool"},
        {"{path}", "/dev/dm-1"},    {"{major}:{minor}", "253:1"},
        {"{vg}/{lv}", "vg-a/pool"}, {"{target}", "act"},
        {"{part}", "8:32"},         {"{rule}", "grow"},
        {"{action}", "page"},       {"{attempt} {coalesced} {reminder}", "2 3 4"},
        {"{data.used}", "7"},       {"{data.names}", "a, b c"},
        {"[{data.nothing}]", "[]"},
    };
    for (const auto& [text, value] : cases) EXPECT_EQ(expanded(text), value) << text;
    EXPECT_EQ(expanded("{uuid}"), firing.event.device->uuid);
}

TEST_F(Placeholders, BracesAndTextAreThemselves) {
    EXPECT_EQ(expanded(""), "");
    EXPECT_EQ(expanded("plain $(text) 'as it is'"), "plain $(text) 'as it is'");
    EXPECT_EQ(expanded("{{device}}"), "{device}");
    EXPECT_EQ(expanded("{{{part}}}"), "{}");
    EXPECT_EQ(expanded("a}b"), "a}b");
}

TEST_F(Placeholders, WhatIsNoPlaceholderIsAnErrorThatSaysSo) {
    EXPECT_EQ(expanded("{devise}"), "ERROR cannot pass on {devise}: there is no such placeholder");
    EXPECT_EQ(expanded("a {device"), "ERROR cannot pass on {device}: the brace is not closed");
    EXPECT_EQ(expanded("{}"), "ERROR cannot pass on {}: there is no such placeholder");
}

TEST_F(Placeholders, AValueIsNeverLookedAtAgain) {
    firing.event.device->name = "{uuid}{{$(reboot)}}";
    EXPECT_EQ(expanded("<{device}>"), "<{uuid}{{$(reboot)}}>");
}

TEST_F(Placeholders, NulAndGreatLengthCannotBePassedOn) {
    firing.event.data = {{"text", {std::string{"a\0b", 3}}}, {"long", {std::string(200'000, 'x')}}};
    EXPECT_EQ(expanded("{data.text}"), "ERROR cannot pass on {data.text}: it holds a NUL byte");
    EXPECT_EQ(expanded("{data.long}"), "ERROR cannot pass on {data.long}: it is too long for one argument");
    const auto env = variables();
    EXPECT_FALSE(env.contains("DMEVENT_DATA_TEXT"));
    EXPECT_EQ(env.at("DMEVENT_OMITTED"), "DMEVENT_DATA_TEXT DMEVENT_DATA_LONG");
}

TEST_F(Placeholders, EventsWithoutADeviceGiveEmptyTexts) {
    firing.event.device.reset();
    firing.event.target.reset();
    EXPECT_EQ(expanded("[{device}{uuid}{path}{major}{minor}{vg}{lv}{target}]"), "[]");
    EXPECT_EQ(variables().at("DMEVENT_DEVICE"), "");
}

TEST_F(Placeholders, TheEnvironmentHasThemAll) {
    firing.event.initial = true;
    const auto env = variables();
    const std::pair<const char*, const char*> cases[] = {
        {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
        {"LANG", "C.UTF-8"},
        {"HOME", "/"},
        {"DMEVENT_ID", "event-1"},
        {"DMEVENT_TYPE", "act.low"},
        {"DMEVENT_DEVICE", "vg0-pool1"},
        {"DMEVENT_MINOR", "1"},
        {"DMEVENT_RULE", "grow"},
        {"DMEVENT_ACTION", "page"},
        {"DMEVENT_ATTEMPT", "1"},
        {"DMEVENT_BECAUSE", "raised"},
        {"DMEVENT_INITIAL", "true"},
        {"DMEVENT_REPEAT", "false"},
        {"DMEVENT_DATA_USED", "7"},
        {"DMEVENT_DATA_NAMES", "a, b c"},
    };
    for (const auto& [name, value] : cases) EXPECT_EQ(env.at(name), value) << name;
    EXPECT_FALSE(env.contains("DMEVENT_OMITTED"));
    EXPECT_EQ(env.size(), 3 + 21 + 3 + 2);
}

// Whatever a name holds, it arrives byte for byte and stays one argument.
TEST_F(Placeholders, HostileNamesArriveByteForByte) {
    const std::vector<std::string> pieces{" ", "'", "\"", "$(id)", "`id`", "\n",       "-rf",     "--",
                                          "{", "}", "{{", "}}",    "{id}", "\\",       "%s",      "\t",
                                          ";", "|", "&",  "*",     "\xff", "\xc3\xa4", "\x1b[2J", "\x7f"};
    std::mt19937 random{42};
    for (int round = 0; round < 5000; ++round) {
        std::string name;
        for (auto n = 1 + random() % 8; n > 0; --n) name += pieces[random() % pieces.size()];
        firing.event.device->name = name;
        firing.event.data = {{"list", {Value::List{{name}, {name}}}}};
        ASSERT_EQ(expanded("{device}"), name);
        ASSERT_EQ(expanded("--name={device}!"), "--name=" + name + "!");
        ASSERT_EQ(expanded("{data.list}"), name + ", " + name);
        ASSERT_EQ(variables().at("DMEVENT_DEVICE"), name);
    }
}

// No text whatsoever crashes it, and what has no brace is itself.
TEST_F(Placeholders, AnyTextIsExpandedOrRefused) {
    constexpr std::string_view letters = "{}{}{}ad.teviceu \n$";
    std::mt19937 random{7};
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto n = random() % 12; n > 0; --n) text += letters[random() % letters.size()];
        const auto out = expand(text, firing, "page");
        if (text.find_first_of("{}") == text.npos) {
            ASSERT_TRUE(out);
            ASSERT_EQ(*out, text);
        } else if (!out) {
            ASSERT_NE(text.find('{'), text.npos) << text;
        }
    }
}

// What the configuration's check lets through can be expanded, and each name of its list has a value here.
TEST_F(Placeholders, TheCheckAndTheExpansionAgree) {
    for (const auto& name : placeholder_names()) {
        EXPECT_TRUE(expand("{" + name + "}", firing, "page")) << name;
        auto variable = "DMEVENT_" + name;
        for (auto& c : variable) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        EXPECT_TRUE(variables().contains(variable)) << variable;
    }
    const std::vector<std::string> pieces{"{", "}", "{{", "}}", "{device}", "data.", "{data.used}", "x", " "};
    std::mt19937 random{11};
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto n = random() % 6; n > 0; --n) text += pieces[random() % pieces.size()];
        if (!check_placeholders(text)) continue;
        ++accepted;
        ASSERT_TRUE(expand(text, firing, "page")) << text;
    }
    EXPECT_GT(accepted, 1000);
}

TEST(SetVariable, ReplacesWhatWasThere) {
    Environment env{{"A", "1"}};
    set_variable(env, "A", "2");
    set_variable(env, "B", "3");
    EXPECT_EQ(env, (Environment{{"A", "2"}, {"B", "3"}}));
}

} // namespace
} // namespace dmev
