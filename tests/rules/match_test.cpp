// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "rules/matcher.hpp"
#include "rules/placeholders.hpp"
#include "rules/quantity.hpp"
#include "rules/unit_name.hpp"
#include "support.hpp"

namespace dmev {
namespace {

struct MatchTest : testing::Test {
    MatchTest() {
        event.id = "e1";
        event.type = "thin.low_water";
        event.severity = Severity::warning;
        event.state = State::raised;
        event.source = "kernel";
        event.device = DeviceId{"vg0-a--b-tpool", "LVM-abc-tpool", {253, 1}, 7};
        event.target = EventTarget{"thin-pool", 0};
        set_field(event.data, "data_percent", Value{76.5});
        set_field(event.data, "data_used", Value{std::uint64_t{784}});
        set_field(event.data, "delta", Value{std::int64_t{-3}});
        set_field(event.data, "bytes", Value{std::uint64_t{3} << 30});
        set_field(event.data, "metadata", Value{false});
        set_field(event.data, "mode", Value{std::string{"rw"}});
        set_field(event.data, "written", Value{std::string{"70"}});
        set_field(event.data, "failed", Value{Value::List{{std::string{"0"}}, {std::string{"2"}}}});
    }
    // Empty, or why not. EXPECTs that the term compiles.
    std::string why(const std::string& key, const Words& any) {
        Writer writer;
        writer.match(writer.rule("r", {"thin", "raid", "device"}), key, any);
        return why(writer);
    }
    std::string why(Writer& writer) {
        Diagnostics diagnostics;
        const auto book = compile(writer.settings, test_catalogue(), diagnostics);
        for (const auto& e : diagnostics.errors) ADD_FAILURE() << e.text();
        const auto verdict = match(book.rules[0], event);
        EXPECT_EQ(verdict.yes, verdict.why_not.empty());
        EXPECT_FALSE(verdict.yes && is_out(book.rules[0], event)) << "it would not be asked";
        return verdict.why_not;
    }
    Event event;
};

TEST_F(MatchTest, EachKey) {
    const struct {
        const char *key, *value, *why;
    } table[] = {
        {"device", "vg0-*", ""},
        {"device", "vg1-*", "device is 'vg0-a--b-tpool', not like 'vg1-*'"},
        {"device", "!= vg1", ""},
        {"device", "== vg0-*", ""},
        {"device", "== vg1-*", "device is 'vg0-a--b-tpool', not == 'vg1-*'"},
        {"device", "!= vg1-*", ""},
        {"device", "!= vg0-*", "device is 'vg0-a--b-tpool', not != 'vg0-*'"},
        {"type", "!= raid.*", ""},
        {"type", "!= thin.low_*", "type is 'thin.low_water', not != 'thin.low_*'"},
        {"uuid", "LVM-*", ""},
        {"vg", "vg0", ""},
        {"lv", "a-b", ""},
        {"lv", "a", "lv is 'a-b', not 'a'"},
        {"type", "thin.*", ""},
        {"target", "thin-pool", ""},
        {"target", "raid", "target is 'thin-pool', not 'raid'"},
        {"part", "", ""},
        {"part", "1", "part is '', not 1"},
        {"severity", "warning", ""},
        {"severity", ">= warning", ""},
        {"severity", "< error", ""},
        {"severity", "> warning", "severity is warning, not > warning"},
        {"severity", "!= warning", "severity is warning, not != warning"},
        {"state", "raised", ""},
        {"state", "happened", "state is raised, not happened"},
        {"source", "kernel", ""},
        {"source", "poll", "source is 'kernel', not 'poll'"},
        {"initial", "false", ""},
        {"initial", "true", "initial is false, not true"},
        {"inferred", "true", "inferred is false, not true"},
        {"data.data_percent", ">= 70", ""},
        {"data.data_percent", ">= 70%", ""},
        {"data.data_percent", ">= 80", "data.data_percent is 76.5, not >= 80"},
        {"data.data_percent", "76.5", ""},
        {"data.data_used", "784", ""},
        {"data.data_used", "== 784", ""},
        {"data.data_used", "!= 784", "data.data_used is 784, not != 784"},
        {"data.data_used", "7*", ""},
        {"data.delta", "< 0", ""},
        {"data.delta", "<= -3", ""},
        {"data.bytes", ">= 3GiB", ""},
        {"data.bytes", "> 3G", ""},
        {"data.bytes", ">= 4GiB", "data.bytes is 3221225472, not >= 4GiB"},
        {"data.metadata", "false", ""},
        {"data.metadata", "no", ""},
        {"data.metadata", "true", "data.metadata is false, not true"},
        {"data.metadata", "!= true", ""},
        {"data.mode", "r*", ""},
        {"data.mode", "> 5", "data.mode is 'rw', not > 5"},
        {"data.written", ">= 70", ""},
        {"data.written", "070", "data.written is '70', not 070"},
        {"data.failed", "2", ""},
        {"data.failed", "1", "data.failed is '0, 2', not 1"},
        {"data.failed", "!= 2", "data.failed is '0, 2', not != 2"},
        {"data.failed", "!= 1", ""},
        {"data.mode", "!= r?", "data.mode is 'rw', not != 'r?'"},
        {"data.nothing", "*", "data.nothing: the event has no such field"},
        {"data.nothing", "!= 1", "data.nothing: the event has no such field"},
    };
    for (const auto& row : table)
        EXPECT_EQ(why(row.key, {row.value}), row.why) << row.key << " " << row.value;
}

TEST_F(MatchTest, AListIsAnyOf) {
    EXPECT_EQ(why("device", {"vg1-*", "vg0-*"}), "");
    EXPECT_EQ(why("device", {"a", "b*"}), "device is 'vg0-a--b-tpool', not 'a' or like 'b*'");
    EXPECT_EQ(why("severity", {"info", "> error"}), "severity is warning, not info or > error");
}

TEST_F(MatchTest, TermsAreAllOf) {
    Writer writer;
    auto& rule = writer.rule("r", {"thin"});
    writer.match(rule, "device", {"vg0-*"});
    writer.match(rule, "severity", {"critical"});
    EXPECT_EQ(why(writer), "severity is warning, not critical");
}

TEST_F(MatchTest, WhatIsNotThereDoesNotMatch) {
    event.device->uuid = "";
    EXPECT_EQ(why("uuid", {"*"}), "uuid: 'vg0-a--b-tpool' has none");
    EXPECT_EQ(why("vg", {"*"}), "vg: 'vg0-a--b-tpool' is no volume of LVM");
    event.device.reset();
    EXPECT_EQ(why("device", {"*"}), "device: the event is about no device");
    EXPECT_EQ(why("lv", {"!= a"}), "lv: the event is about no device");
    event.target.reset();
    EXPECT_EQ(why("target", {"*"}), "target: the event is about no target");
}

TEST_F(MatchTest, NamesAreEscaped) {
    event.device->name = "a\nb";
    EXPECT_EQ(why("device", {"c"}), "device is 'a\\x0ab', not 'c'");
}

TEST_F(MatchTest, EndsRepeatsAndDisabledRules) {
    Writer plain;
    auto& rule = plain.rule("r", {"thin"});
    event.state = State::cleared;
    EXPECT_EQ(why(plain), "state is cleared, and match: does not ask for ends");
    EXPECT_EQ(why("state", {"raised", "cleared"}), "");
    event.state = State::raised;
    event.repeat = true;
    EXPECT_EQ(why(plain), "it repeats what already held, and match: does not ask for that");
    EXPECT_EQ(why("repeat", {"true", "false"}), "");
    EXPECT_EQ(why("repeat", {"false"}), "repeat is true, not false");
    event.repeat = false;
    event.type = "monitor.overrun";
    EXPECT_EQ(why(plain), "on: does not name monitor.overrun");
    rule.enabled = false;
    EXPECT_EQ(why(plain), "the rule is disabled (enabled: false)");
}

TEST(Quantity, Amounts) {
    const struct {
        const char* text;
        std::optional<double> amount;
    } table[] = {{"70", 70},   {"-1.5", -1.5}, {"70%", 70},    {"10k", 1e4},  {"10K", 1e4},
                 {"2G", 2e9},  {"2GB", 2e9},   {"1KiB", 1024}, {"1Ki", 1024}, {"2TiB", 2199023255552.0},
                 {"5B", 5},    {"", {}},       {"x", {}},      {"1x", {}},    {"1 G", {}},
                 {"1iB", {}},  {"1GG", {}},    {"1e5", {}},    {"inf", {}},   {"nan", {}},
                 {"0x10", {}}, {"+5", {}},     {"1g", {}}};
    for (const auto& row : table) EXPECT_EQ(parse_amount(row.text), row.amount) << row.text;
}

TEST(Placeholders, AreChecked) {
    const auto wrong = [](std::string_view text) {
        const auto checked = check_placeholders(text);
        return checked ? "" : checked.error().text();
    };
    for (const auto* good :
         {"", "plain", "{device}", "a{message}b{data.x_y}", "{{}}", "{{device}}", "}}{{", "{{{part}}}"})
        EXPECT_EQ(wrong(good), "") << good;
    for (const auto& name : placeholder_names()) EXPECT_EQ(wrong("{" + name + "}"), "");
    EXPECT_EQ(wrong("{devise}"), "unknown placeholder '{devise}'; did you mean {device}?");
    EXPECT_EQ(wrong("{percentage_used}"),
              "unknown placeholder '{percentage_used}'; a field of the event's data is written {data.NAME}");
    EXPECT_EQ(wrong("{data.}"),
              "unknown placeholder '{data.}'; a field of the event's data is written {data.NAME}");
    EXPECT_EQ(wrong("{}"), "unknown placeholder '{}'; write {{ for a brace");
    EXPECT_EQ(wrong("{\"text\": 1}"), "unknown placeholder '{\"text\": 1}'; write {{ for a brace");
    EXPECT_EQ(wrong("{device"), "'{' is not closed in '{device'; write {{ for a brace");
    EXPECT_EQ(wrong("{a{device}}"), "'{' is not closed in '{a{device}}'; write {{ for a brace");
    EXPECT_EQ(wrong("device}"), "'}' without '{' in 'device}'; write }} for a brace");
}

TEST(UnitName, IsChecked) {
    const auto wrong = [](std::string_view text) {
        const auto checked = check_start_unit(text);
        return checked ? "" : checked.error().text();
    };
    for (const auto* good :
         {"start a", "start a.service", "start note@{device}", "start note@{device}.service",
          "start a-b:c_d\\x2d.target", "start note@x{uuid}y"})
        EXPECT_EQ(wrong(good), "") << good;
    EXPECT_EQ(wrong("start a$b"),
              "bad unit name 'a$b': it has '$'; letters, digits and :-_.\\@ may be in it");
    EXPECT_EQ(wrong("start a@{{x"),
              "bad unit name 'a@{{x': it has '{'; letters, digits and :-_.\\@ may be in it");
    EXPECT_EQ(
        wrong("start a.servce"),
        "bad unit name 'a.servce': '.servce' is no kind of unit that can be started; end it with .service");
    EXPECT_EQ(wrong("start @x"), "bad unit name '@x': it has no name before it");
    EXPECT_EQ(wrong("start " + std::string(256, 'a')).substr(0, 14), "bad unit name ");
    EXPECT_EQ(wrong("start a@{devise}"), "unknown placeholder '{devise}'; did you mean {device}?");
}

} // namespace
} // namespace dmev
