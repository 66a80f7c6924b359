// SPDX-License-Identifier: Apache-2.0
// What is right, read and printed.
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>

#include <fstream>
#include <iterator>

#include "config/load.hpp"
#include "config/print.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

Settings settings_of(std::string_view text) {
    Settings settings;
    Diagnostics diagnostics;
    read_settings(text, "f", settings, diagnostics);
    for (const auto& error : diagnostics.errors) ADD_FAILURE() << error.text();
    for (const auto& warning : diagnostics.warnings) ADD_FAILURE() << warning.text();
    return settings;
}

// The file that has every key.
Settings whole() {
    std::ifstream stream{WHOLE};
    return settings_of(std::string{std::istreambuf_iterator<char>{stream}, {}});
}

TEST(Settings, EveryKeyIsRead) {
    const auto s = whole();
    ASSERT_EQ(s.monitor.size(), 3u);
    EXPECT_EQ(s.monitor[1].text, "raid.*");
    EXPECT_EQ(s.monitor[1].at.column, 17);
    ASSERT_EQ(s.ignore.size(), 2u);
    EXPECT_FALSE(s.ignore[0].name);
    EXPECT_EQ(s.ignore[1].name->text, "tmp-*");
    EXPECT_EQ(s.poll.interval, 1min);
    EXPECT_EQ(s.poll.fastest, 500ms);
    ASSERT_EQ(s.thresholds.size(), 2u);
    EXPECT_EQ(s.thresholds[0].type.text, "thin.data_threshold");
    EXPECT_EQ(s.thresholds[0].at, 82.5);
    EXPECT_EQ(s.thresholds[0].clear, 82.5);
    EXPECT_FALSE(s.thresholds[1].clear);
    EXPECT_EQ(s.limits.programs, 2u);
    EXPECT_EQ(s.limits.queue, 10u);
    EXPECT_EQ(s.limits.pinned_mib, 8u);
    EXPECT_FALSE(s.limits.waiting_lvm);
    ASSERT_EQ(s.keep.size(), 2u);
    EXPECT_EQ(s.keep[0].text, "/usr/sbin/lvm");
    EXPECT_EQ(s.limits.stale_after, 2h);
    EXPECT_EQ(s.history.file.text, "/srv/history.db");
    EXPECT_EQ(s.history.keep, 24h * 30);
    EXPECT_EQ(s.history.max_size.bytes, 1ULL << 30);
    EXPECT_TRUE(s.dry_run);
    EXPECT_EQ(s.files, std::vector<std::string>{"f"});
}

TEST(Settings, PercentagesReadBackAsPrinted) {
    for (const auto* number :
         {"0.000001", "0.5", "0.00000000000000001", "82.5", "100", "0.1", "33.3333333333333"}) {
        const auto settings =
            settings_of(std::string{"version: 1\nthresholds: {a.b: {step: "} + number + "}}\n");
        const auto text = settings_yaml(settings);
        EXPECT_NE(text.find(std::string{"step: "} + number + "\n"), std::string::npos) << text;
        EXPECT_EQ(settings_of(text).thresholds.at(0).step, settings.thresholds.at(0).step);
    }
    const auto json = settings_json(settings_of("version: 1\nthresholds: {a.b: {step: 0.25}}\n"));
    EXPECT_NE(json.find("\"step\":0.25"), std::string::npos) << json;
}

TEST(Settings, ActionsAreRead) {
    const auto s = whole();
    ASSERT_EQ(s.actions.size(), 4u);
    const auto& page = s.actions[0];
    EXPECT_EQ(page.name.text, "page");
    ASSERT_EQ(page.exec.size(), 5u);
    EXPECT_EQ(page.exec[2].text, "");
    EXPECT_EQ(page.exec[4].text, "5");
    EXPECT_EQ(page.timeout, 20s);
    ASSERT_EQ(page.env.size(), 2u);
    EXPECT_EQ(page.env[1].second.text, "C.UTF-8");
    EXPECT_EQ(s.actions[1].log->message.text, "{device}: {message}");
    EXPECT_EQ(s.actions[1].log->level.text, "info");
    EXPECT_EQ(s.actions[2].log->level.text, "error");
    EXPECT_EQ(s.actions[2].log->message.text, "{message}");
    EXPECT_EQ(s.actions[3].systemd->text, "start page@{device}.service");
}

TEST(Settings, RulesAreRead) {
    const auto s = whole();
    ASSERT_EQ(s.rules.size(), 2u);
    const auto& rule = s.rules[0];
    EXPECT_EQ(rule.name.text, "grow thin pools");
    ASSERT_EQ(rule.match.terms.size(), 4u);
    EXPECT_EQ(rule.match.terms[2].first.text, "data.data_percent");
    EXPECT_EQ(rule.match.terms[2].second[1].text, "5");
    EXPECT_EQ(rule.match.terms[3].second[0].text, "false");
    ASSERT_EQ(rule.steps.size(), 5u);
    EXPECT_EQ(rule.steps[0].name.text, "thin.extend");
    ASSERT_EQ(rule.steps[0].arguments.size(), 4u);
    EXPECT_EQ(rule.steps[0].arguments[0].second.text, "2TiB");
    EXPECT_EQ(rule.steps[1].name.text, "raid.repair");
    EXPECT_TRUE(rule.steps[1].arguments.empty());
    EXPECT_EQ(rule.steps[2].name.text, "page");
    EXPECT_EQ(rule.steps[3].in_place->exec[0].text, "/bin/true");
    EXPECT_EQ(rule.steps[4].in_place->log->message.text, "done");
    EXPECT_EQ(rule.hold, 10s);
    EXPECT_EQ(rule.cooldown, 1h);
    EXPECT_EQ(rule.remind.how, RemindSettings::How::diminishing);
    EXPECT_EQ(rule.max_runs.count, 5u);
    EXPECT_EQ(rule.max_runs.per, 10min);
    EXPECT_EQ(rule.retry->attempts, 3u);
    EXPECT_FALSE(rule.enabled);
    EXPECT_TRUE(rule.dry_run);
    EXPECT_EQ(s.rules[1].on[0].text, "raid");
    EXPECT_EQ(s.rules[1].steps[0].name.text, "mirror.repair");
    EXPECT_EQ(s.rules[1].retry->attempts, 5u);
}

TEST(Settings, UsersAreResolved) {
    const auto run_as = whole().actions[0].run_as;
    const auto* nobody = getpwnam("nobody");
    ASSERT_NE(nobody, nullptr);
    EXPECT_EQ(run_as.who.text, "nobody");
    EXPECT_EQ(run_as.uid, nobody->pw_uid);
    EXPECT_EQ(run_as.gid, nobody->pw_gid);
    EXPECT_EQ(run_as.groups, std::vector<gid_t>{nobody->pw_gid});

    const auto other =
        settings_of("version: 1\nactions: {a: {exec: /bin/true, run_as: 'nobody:daemon'}}").actions[0].run_as;
    const auto* daemon = getgrnam("daemon");
    ASSERT_NE(daemon, nullptr);
    EXPECT_EQ(other.uid, nobody->pw_uid);
    EXPECT_EQ(other.gid, daemon->gr_gid);
    EXPECT_EQ(other.groups.front(), daemon->gr_gid);
}

TEST(Settings, DefaultsAreUseful) {
    const auto s = settings_of("version: 1");
    EXPECT_EQ(s.poll.interval, 10s);
    EXPECT_TRUE(s.rules.empty());
    EXPECT_EQ(
        settings_json(s),
        R"({"version":1,"ignore":[],"poll":{"interval":"10s","fastest":"250ms"},"thresholds":{},"actions":{},)"
        R"("rules":[],"limits":{"programs":8,"queue":1000,"pinned_mib":64,"waiting_lvm":true,"stale_after":"1h"},)"
        R"("history":{"file":"/var/lib/dmevent_tool/history.db","keep":"90d","max_size":"256MiB"},"dry_run":false})");
}

TEST(Settings, WhatIsOnlyNamedIsEmpty) {
    const auto s =
        settings_of("version: 1\nmonitor:\nignore:\npoll:\nthresholds:\nactions:\nrules:\nlimits:\n");
    EXPECT_TRUE(s.monitor.empty() && s.rules.empty() && s.actions.empty());
    EXPECT_EQ(s.limits.programs, 8u);
}

TEST(Print, YamlReadsBackAsTheSame) {
    const auto first = whole();
    const auto yaml = settings_yaml(first);
    const auto again = settings_of(yaml);
    EXPECT_EQ(settings_yaml(again), yaml);
    EXPECT_EQ(settings_json(again), settings_json(first));
    ASSERT_EQ(again.rules.size(), 2u);
    EXPECT_EQ(again.actions[0].exec[2].text, "");
    EXPECT_EQ(again.rules[0].match.terms[0].second[0].text, "vg0-*");
    EXPECT_FALSE(again.rules[0].steps[0].arguments[1].second.quoted) << yaml;
    EXPECT_TRUE(again.rules[0].steps[0].arguments[3].second.quoted) << yaml;
    EXPECT_EQ(again.rules[0].steps[3].in_place->exec[0].text, "/bin/true");
    EXPECT_EQ(again.rules[0].hold, first.rules[0].hold);
    EXPECT_EQ(again.rules[0].retry->backoff.longest, first.rules[0].retry->backoff.longest);
    EXPECT_EQ(again.actions[0].run_as.uid, first.actions[0].run_as.uid);
}

TEST(Print, HostileTextsReadBackAsTheyWere) {
    for (const std::string text : {"a: b",
                                   "a #b",
                                   "- a",
                                   "[a",
                                   "{a}",
                                   "*a",
                                   "&a",
                                   "!a",
                                   "%a",
                                   "@a",
                                   "`a",
                                   "\"",
                                   "'",
                                   "\\",
                                   "~",
                                   "null",
                                   "true",
                                   "yes",
                                   "0",
                                   "1e3",
                                   "0x1f",
                                   ".5",
                                   "-",
                                   "---",
                                   "...",
                                   " a",
                                   "a ",
                                   "a\nb",
                                   "\t",
                                   "\x1b[31m",
                                   "\x7f",
                                   "\xC2\x80",
                                   "\xE2\x80\xA8",
                                   "\xF0\x9F\x98\x80",
                                   "a,b",
                                   "a]",
                                   "?",
                                   "? a",
                                   ":",
                                   "a:",
                                   "|",
                                   ">",
                                   "<<",
                                   "=",
                                   "12:30",
                                   "2026-01-31"}) {
        Settings settings;
        settings.monitor.push_back({text, {}});
        ActionSettings action;
        action.name = {"a", {}};
        action.exec = {{"/bin/true", {}}, {text, {}}};
        action.env = {{{"A", {}}, {text, {}}}};
        settings.actions.push_back(action);
        const auto yaml = settings_yaml(settings);
        const auto again = settings_of(yaml);
        ASSERT_EQ(again.monitor.size(), 1u) << yaml;
        EXPECT_EQ(again.monitor[0].text, text) << yaml;
        ASSERT_EQ(again.actions.size(), 1u) << yaml;
        EXPECT_EQ(again.actions[0].exec[1].text, text) << yaml;
        EXPECT_EQ(again.actions[0].env[0].second.text, text) << yaml;
    }
}

TEST(Print, IsForPeopleToRead) {
    EXPECT_EQ(settings_yaml(settings_of(
                  "version: 1\nmonitor: thin\nrules: [{name: a b, on: [thin, raid], do: [{thin.extend: "
                  "{size: 1}}, {log: x}]}]")),
              R"(version: 1
monitor: [thin]
ignore: []
poll:
  interval: 10s
  fastest: 250ms
thresholds: {}
actions: {}
rules:
  - name: a b
    on: [thin, raid]
    do:
      - thin.extend:
          size: 1
      - log:
          level: info
          message: x
    for: 0s
    cooldown: 0s
    remind: once
    enabled: true
    dry_run: false
limits:
  programs: 8
  queue: 1000
  pinned_mib: 64
  waiting_lvm: true
  stale_after: 1h
history:
  file: /var/lib/dmevent_tool/history.db
  keep: 90d
  max_size: 256MiB
dry_run: false
)");
}

} // namespace
} // namespace dmev
