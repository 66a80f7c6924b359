// SPDX-License-Identifier: Apache-2.0
// What compile() makes of settings, and all that it says of those that are wrong.
#include "rules/rulebook.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "rules/same.hpp"
#include "support.hpp"

namespace dmev {
namespace {

struct Compiled {
    Rulebook book;
    Words errors, warnings;
};
Compiled compiled(const Settings& settings) {
    Diagnostics diagnostics;
    Compiled out;
    out.book = compile(settings, test_catalogue(), diagnostics);
    for (const auto& e : diagnostics.errors) {
        EXPECT_EQ(e.kind, ErrorKind::bad_config);
        EXPECT_GT(e.place.line, 0) << e.text();
        out.errors.push_back(Error{e.kind, e.what, e.object, e.why, e.remedy}.text());
    }
    for (const auto& e : diagnostics.warnings) {
        EXPECT_GT(e.place.line, 0) << e.text();
        out.warnings.push_back(Error{e.kind, e.what, e.object, e.why, e.remedy}.text());
    }
    return out;
}

// What is said of a rule on thin.low_water that FILL changes: the one error or warning, or "".
std::string said(const std::function<void(Writer&, RuleSettings&)>& fill) {
    Writer w;
    fill(w, w.rule("r", {"thin.low_water"}));
    const auto out = compiled(w.settings);
    std::string all;
    for (const auto& e : out.errors) all += (all.empty() ? "" : " | ") + e;
    for (const auto& e : out.warnings) all += (all.empty() ? "warning: " : " | warning: ") + e;
    return all;
}
std::string said_on(const Words& on) {
    return said([&](Writer& w, RuleSettings& rule) { rule.on = w.words(on); });
}
std::string said_match(const std::string& key, const Words& any) {
    return said([&](Writer& w, RuleSettings& rule) { w.match(rule, key, any); });
}
std::string said_step(const std::string& name, const std::string& parameter = "",
                      const std::string& value = "", bool quoted = false) {
    return said([&](Writer& w, RuleSettings& rule) {
        rule.steps = {{w.word(name), {}, {}}};
        auto at = w.word(parameter);
        if (!parameter.empty()) rule.steps[0].arguments.emplace_back(std::move(at), w.scalar(value, quoted));
    });
}
std::string said_action(const ActionSettings& action) {
    return said([&](Writer&, RuleSettings& rule) { rule.steps[0].in_place = action; });
}

TEST(Compile, ResolvesHooksActionsAndParameters) {
    Writer w;
    auto& rule = w.rule("r", {"_thin_low_water", "thin.*threshold"});
    auto place = [&](const char* name) { return w.word(name); };
    StepSettings extend{place("thin.extend"), {}, {}};
    const auto give = [&](const char* name, Node node) {
        extend.arguments.emplace_back(place(name), std::move(node));
    };
    give("max_size", w.scalar("2TiB"));
    give("percent", w.scalar("20"));
    give("offset", w.scalar("-3"));
    give("ratio", w.scalar("0.5"));
    give("loud", w.scalar("true"));
    give("pvs", w.list({"a", "b"}));
    give("note", w.scalar("12"));
    give("even_if_managed", w.scalar("true"));
    give("timeout", w.scalar("5m"));
    rule.steps.insert(rule.steps.begin(), extend);
    StepSettings in_place;
    in_place.in_place = ActionSettings{};
    in_place.in_place->log = LogSettings{};
    rule.steps.push_back(in_place);

    const auto out = compiled(w.settings);
    ASSERT_EQ(out.errors, Words{});
    ASSERT_EQ(out.warnings, Words{});
    const auto& r = out.book.rules.at(0);
    EXPECT_TRUE(r.on.wants_type("thin.low_water"));
    EXPECT_TRUE(r.on.wants_type("thin.data_threshold"));
    EXPECT_FALSE(r.on.wants_type("thin.overflow"));
    ASSERT_EQ(r.steps.size(), 3u);
    const auto& step = r.steps[0];
    EXPECT_EQ(step.hook, "thin.extend");
    EXPECT_TRUE(step.even_if_managed);
    EXPECT_EQ(step.timeout, Millis{300'000});
    ASSERT_EQ(step.arguments.size(), 7u);
    EXPECT_EQ(std::get<std::uint64_t>(find_field(step.arguments, "max_size")->v), std::uint64_t{2} << 40);
    EXPECT_EQ(std::get<std::uint64_t>(find_field(step.arguments, "percent")->v), 20u);
    EXPECT_EQ(std::get<std::int64_t>(find_field(step.arguments, "offset")->v), -3);
    EXPECT_EQ(std::get<double>(find_field(step.arguments, "ratio")->v), 0.5);
    EXPECT_EQ(std::get<bool>(find_field(step.arguments, "loud")->v), true);
    EXPECT_EQ(find_field(step.arguments, "pvs")->text(), "a, b");
    EXPECT_EQ(std::get<std::string>(find_field(step.arguments, "note")->v), "12");
    EXPECT_EQ(r.steps[1].name, "note");
    EXPECT_EQ(r.steps[1].action.exec.size(), 2u);
    EXPECT_EQ(r.steps[2].name, "log");
    EXPECT_EQ(out.book.ends.at("thin.overflow"), "thin.recovered");
    EXPECT_FALSE(out.book.ends.contains("thin.low_water"));
}

TEST(Compile, Events) {
    EXPECT_EQ(said_on({"thin.lowwater"}),
              "unknown event type 'thin.lowwater'; did you mean thin.low_water? "
              "dmevent_tool --list-events shows every type");
    EXPECT_EQ(
        said_on({"lvm", "thin", "riad"}),
        "unknown event type 'lvm'; dmevent_tool --list-events shows every type | unknown event type 'riad'; "
        "did you mean raid? dmevent_tool --list-events shows every type");
    EXPECT_EQ(said([](Writer& w, RuleSettings&) {
                  w.settings.monitor = w.words({"thin", "mirrorr"});
              }),
              "unknown event type 'mirrorr'; dmevent_tool --list-events shows every type");
}

TEST(Compile, EventsThatAreNotMonitored) {
    EXPECT_EQ(said([](Writer& w, RuleSettings&) { w.settings.monitor = w.words({"raid"}); }),
              "warning: never fires for 'thin.low_water': monitor: does not name it; add it there");
    EXPECT_EQ(said([](Writer& w, RuleSettings& rule) {
                  w.settings.monitor = w.words({"thin.low_water"});
                  rule.on = w.words({"thin", "action"});
              }),
              "");
}

TEST(Compile, Steps) {
    EXPECT_EQ(said_step("note"), "");
    EXPECT_EQ(said_step("noet"), "unknown action or hook 'noet'; did you mean 'note'?");
    EXPECT_EQ(said_step("thin.extent"), "unknown action or hook 'thin.extent'; did you mean 'thin.extend'?");
    EXPECT_EQ(said_step("page_everybody"),
              "unknown action or hook 'page_everybody'; define it under actions:");
    EXPECT_EQ(said_step("multipath.fail"),
              "unknown action or hook 'multipath.fail'; dmevent_tool --list-events shows every hook");
    EXPECT_EQ(said_step("raid.repair"),
              "hook of another family 'raid.repair': the rule is about thin.low_water; "
              "name events of 'raid' under on:");
    EXPECT_EQ(said([](Writer& w, RuleSettings& rule) {
                  rule.on = w.words({"thin.low_water", "device.suspended_long"});
                  rule.steps = {{w.word("thin.extend"), {}, {}}};
              }),
              "warning: never acted upon by 'thin.extend': 'device.suspended_long': a hook acts on events of "
              "its own "
              "family; write a rule of its own for it");
}

TEST(Compile, Parameters) {
    EXPECT_EQ(said_step("thin.extend", "max_sise", "2TiB"),
              "unknown parameter 'max_sise' of thin.extend; did you mean 'max_size'?");
    EXPECT_EQ(said_step("raid.repair", "qqq", "1").substr(0, 73),
              "unknown parameter 'qqq' of raid.repair; it has even_if_managed, timeout |");
    EXPECT_EQ(said_step("thin.shrink"), "thin.shrink lacks 'to'; to how much");
    const struct {
        const char *name, *value, *expected;
    } table[] = {{"max_size", "2 TiB", "a size, as in 512MiB or 2TiB"},
                 {"max_size", "-1", "a size, as in 512MiB or 2TiB"},
                 {"max_size", "70%", "a size, as in 512MiB or 2TiB"},
                 {"percent", "2TiB", "a whole number, not below 0"},
                 {"percent", "-1", "a whole number, not below 0"},
                 {"percent", "99999999999999999999", "a whole number, not below 0"},
                 {"offset", "1.5", "a whole number"},
                 {"ratio", "half", "a number"},
                 {"ratio", "1G", "a number"},
                 {"loud", "yes", "true or false"},
                 {"even_if_managed", "1", "true or false"},
                 {"timeout", "10", "a time above 0, as in 30s or 5m"},
                 {"timeout", "0s", "a time above 0, as in 30s or 5m"}};
    for (const auto& row : table)
        EXPECT_EQ(said_step("thin.extend", row.name, row.value), std::string{"bad parameter '"} + row.name +
                                                                     "' of thin.extend: '" + row.value +
                                                                     "' is not " + row.expected);
    EXPECT_EQ(said_step("thin.extend", "percent", "20", true),
              "bad parameter 'percent' of thin.extend: '20' is not a whole number, not below 0");
    EXPECT_EQ(said_step("thin.extend", "max_size", "2TiB", true), "");
    EXPECT_EQ(said_step("thin.extend", "max_size", "18446744073709551615"), "");
    EXPECT_EQ(said([](Writer& w, RuleSettings& rule) {
                  rule.steps = {{w.word("thin.extend"), {}, {}}};
                  auto at = w.word("percent");
                  rule.steps[0].arguments.emplace_back(std::move(at), w.list({"1"}));
              }),
              "bad parameter 'percent' of thin.extend: a list is not a whole number, not below 0");
}

TEST(Compile, MatchKeysAndComparisons) {
    const struct {
        const char *key, *value, *said;
    } table[] = {
        {"devcie", "a", "unknown match key 'devcie'; did you mean 'device'?"},
        {"data_percent", "a",
         "unknown match key 'data_percent'; a field of the event's data is written data.NAME"},
        {"data.", "a", "unknown match key 'data.'; a field of the event's data is written data.NAME"},
        {"severity", ">= warnig", "no such severity '>= warnig'; did you mean 'warning'?"},
        {"severity", "x", "no such severity 'x'; one of info, notice, warning, error, critical"},
        {"severity", "warn*", "no such severity 'warn*'; one of info, notice, warning, error, critical"},
        {"state", "clear", "no such state 'clear'; did you mean 'cleared'?"},
        {"state", "> raised", "bad comparison '> raised': state has no order; write raised"},
        {"initial", "yes", "no such initial 'yes'; one of true, false"},
        {"source", "kernal", "no such source 'kernal'; did you mean 'kernel'?"},
        {"device", "> a",
         "bad comparison '> a': device is a text and has no order; it can be like a glob, == or !="},
        {"data.x", "=> 5", "bad comparison '=> 5'; write '>='"},
        {"data.x", "= 5", "bad comparison '= 5'; write '=='"},
        {"data.x", ">=", "bad comparison '>=': it compares with nothing; write a value after it"},
        {"data.x", ">= abc",
         "bad comparison '>= abc': 'abc' is no number; write it as in '>= 70' or '>= 2GiB'"},
        {"type", "thin.lowwater", "unknown event type 'thin.lowwater'; did you mean 'thin.low_water'?"},
        {"type", "thin.overflow", "warning: never matches: 'type': on: names none of them"},
        {"type", "thin.low_water", ""},
    };
    for (const auto& row : table) EXPECT_EQ(said_match(row.key, {row.value}), row.said) << row.key;
    EXPECT_EQ(
        said_match("part", {"!= 1", "!= 2"}),
        "warning: always matches: 'part': a list is any of, and whatever it is differs from one of them; "
        "write one glob, as in '[!ab]*', or rules of their own");
}

TEST(Compile, StatesThatCannotBe) {
    const auto on_state = [](const Words& on, const Words& states) {
        return said([&](Writer& w, RuleSettings& rule) {
            rule.on = w.words(on);
            w.match(rule, "state", states);
        });
    };
    EXPECT_EQ(on_state({"thin.low_water"}, {"cleared"}), "");
    EXPECT_EQ(
        on_state({"thin.overflow"}, {"cleared"}),
        "warning: never matches: 'thin.overflow': thin.overflow is never cleared, it ends as thin.recovered; "
        "name thin.recovered under on:");
    EXPECT_EQ(on_state({"thin"}, {"cleared"}), "");
    EXPECT_EQ(on_state({"thin.extended"}, {"!= happened"}),
              "warning: never matches: 'thin.extended': thin.extended is always in state happened");
    EXPECT_EQ(
        on_state({"thin.low_water"}, {"happened"}),
        "warning: never matches: 'thin.low_water': thin.low_water is raised or cleared, and never happened");
}

TEST(Compile, WhatOnlyHappensCannotHold) {
    const auto hold = [](const Words& on, bool raised) {
        return said([&](Writer& w, RuleSettings& rule) {
            rule.on = w.words(on);
            rule.hold = Millis{10'000};
            if (raised) w.match(rule, "state", {"raised"});
        });
    };
    EXPECT_EQ(hold({"thin.low_water"}, false), "");
    EXPECT_EQ(hold({"thin.extended"}, false),
              "for: with what only happens: 'thin.extended': thin.extended is over at "
              "once and cannot hold for 10s; name a condition");
    EXPECT_EQ(hold({"thin"}, false),
              "for: with what only happens: 'thin': thin.recovered, thin.extended are over at "
              "once and cannot hold for 10s; name the conditions, or add match: {state: raised}");
    EXPECT_EQ(hold({"thin"}, true), "");
}

TEST(Compile, RemindersNeedAConditionThatLasts) {
    EXPECT_EQ(said([](Writer& w, RuleSettings& rule) {
                  rule.on = w.words({"thin.extended"});
                  rule.remind = {RemindSettings::How::every, Millis{1000}};
              }),
              "warning: never reminds: 'r': none of its events is a condition that lasts");
}

TEST(Compile, Thresholds) {
    const auto threshold = [](const char* type, std::optional<double> at, std::optional<double> clear) {
        return said([&](Writer& w, RuleSettings&) {
            w.settings.thresholds.push_back({w.word(type), at, {}, clear});
        });
    };
    EXPECT_EQ(threshold("thin.data_threshold", 85, 80), "");
    EXPECT_EQ(threshold("thin.data_threshold", 0, {}), "");
    EXPECT_EQ(threshold("thin.data_treshold", 85, 80),
              "unknown threshold 'thin.data_treshold'; did you mean 'thin.data_threshold'?");
    EXPECT_EQ(threshold("raid.degraded", 85, 80),
              "unknown threshold 'raid.degraded': no gauge raises it, it has no threshold; there are "
              "thin.data_threshold, thin.low_water");
    EXPECT_EQ(threshold("thin.data_threshold", 70, {}),
              "threshold that ends above where it begins: 'thin.data_threshold': at is 70 and clear is 75 "
              "(the default); "
              "give a clear: of at most 70");
    EXPECT_EQ(threshold("thin.data_threshold", {}, 90),
              "threshold that ends above where it begins: 'thin.data_threshold': at is 80 (the default) and "
              "clear is 90; "
              "give a clear: of at most 80");
    EXPECT_EQ(threshold("thin.low_water", {}, 90),
              "warning: threshold that is off: 'thin.low_water': by default at is 0, which turns it off; "
              "give at: too");
}

TEST(Compile, Actions) {
    Writer w;
    EXPECT_EQ(said_action(w.exec({"/bin/a", "{device}", "{data.x}"})), "");
    EXPECT_EQ(said_action(w.exec({"/bin/a", "{devise}"})),
              "unknown placeholder '{devise}'; did you mean {device}?");
    ActionSettings log;
    log.log = LogSettings{w.word("info"), w.word("{mesage}")};
    EXPECT_EQ(said_action(log), "unknown placeholder '{mesage}'; did you mean {message}?");
    ActionSettings unit;
    unit.systemd = w.word("start a.servce");
    EXPECT_EQ(said_action(unit),
              "bad unit name 'a.servce': '.servce' is no kind of unit that can be started; "
              "end it with .service");
    auto env = w.exec({"/bin/a"});
    env.env.emplace_back(w.word("A"), w.word("{"));
    EXPECT_EQ(said_action(env), "'{' is not closed in '{'; write {{ for a brace");
    EXPECT_EQ(said([](Writer& writer, RuleSettings&) {
                  writer.settings.actions.push_back(writer.exec({"/bin/a", "}"}));
                  writer.settings.actions.back().name = writer.word("unused");
              }),
              "'}' without '{' in '}'; write }} for a brace");
}

TEST(Compile, SaysAllOfItAtOnce) {
    Writer w;
    auto& rule = w.rule("r", {"thin.lowwater"});
    w.match(rule, "devcie", {"a"});
    rule.steps.push_back({w.word("pgae"), {}, {}});
    w.settings.thresholds.push_back({w.word("thin.x"), {}, {}, {}});
    EXPECT_EQ(compiled(w.settings).errors.size(), 4u);
}

TEST(SameRule, IsWhateverItsPlace) {
    const auto rule = [](const std::function<void(RuleSettings&, Settings&)>& change) {
        Writer w;
        auto& r = w.rule("r", {"thin"});
        r.retry = RetrySettings{};
        w.match(r, "device", {"a"});
        StepSettings extend{w.word("thin.extend"), {}, {}};
        auto at = w.word("pvs");
        extend.arguments.emplace_back(std::move(at), w.list({"x"}));
        r.steps.push_back(extend);
        change(r, w.settings);
        return compiled(w.settings).book.rules.at(0);
    };
    const auto base = rule([](RuleSettings&, Settings&) {});
    const std::vector<std::function<void(RuleSettings&, Settings&)>> same{
        [](RuleSettings& r, Settings&) { r.name.at.line = 99; },
        [](RuleSettings& r, Settings&) { r.on[0].at.file = "b"; }};
    const std::vector<std::function<void(RuleSettings&, Settings&)>> other{
        [](RuleSettings& r, Settings&) {
            r.on[0].text = "raid";
            r.on.push_back({"thin", r.on[0].at});
        },
        [](RuleSettings& r, Settings&) { r.match.terms[0].second[0].text = "b"; },
        [](RuleSettings& r, Settings&) {
            r.hold = Millis{1};
            r.match.terms.push_back({{"state", r.on[0].at}, {{"raised", r.on[0].at}}});
        },
        [](RuleSettings& r, Settings&) { r.cooldown = Millis{1}; },
        [](RuleSettings& r, Settings&) {
            r.remind = {RemindSettings::How::every, Millis{1}};
        },
        [](RuleSettings& r, Settings&) {
            r.max_runs = {1, Millis{1}};
        },
        [](RuleSettings& r, Settings&) { r.retry.reset(); },
        [](RuleSettings& r, Settings&) { r.retry->backoff.first = Millis{7}; },
        [](RuleSettings& r, Settings&) { r.enabled = false; },
        [](RuleSettings& r, Settings&) { r.dry_run = true; },
        [](RuleSettings& r, Settings&) { r.steps.pop_back(); },
        [](RuleSettings& r, Settings&) { r.steps[1].arguments[0].second.items[0].text = "y"; },
        [](RuleSettings&, Settings& s) { s.actions[0].run_as.uid = 7; },
        [](RuleSettings&, Settings& s) { s.actions[0].timeout = Millis{7}; },
        [](RuleSettings&, Settings& s) { s.actions[0].exec[1].text = "x"; }};
    for (const auto& change : same) EXPECT_TRUE(same_rule(base, rule(change))) << &change - same.data();
    for (const auto& change : other) EXPECT_FALSE(same_rule(base, rule(change))) << &change - other.data();
}

} // namespace
} // namespace dmev
