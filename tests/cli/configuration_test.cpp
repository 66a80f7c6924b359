// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fakes/toy_plugin.hpp"

namespace dmev {
namespace {

using Strings = std::vector<std::string>;

class ConfigurationTest : public testing::Test {
 protected:
    ConfigurationTest() {
        plugins_.push_back(toy::plugin());
        catalogue_.add(plugins_[0].family());
    }
    static Settings settings(const std::string& text) {
        Settings out;
        Diagnostics diagnostics;
        read_settings("version: 1\n" + text, "a.yaml", out, diagnostics);
        for (const auto& error : diagnostics.errors) ADD_FAILURE() << error.text();
        return out;
    }
    std::string limits() const {
        const auto& gauge = plugins_[0].family().gauges.at(0);
        return std::to_string(int(gauge.at)) + "/" + std::to_string(int(gauge.step)) + "/" +
               std::to_string(int(gauge.clear));
    }

    Catalogue catalogue_;
    std::vector<Plugin> plugins_;
};

TEST_F(ConfigurationTest, ThresholdsTuneAndAreGivenBack) {
    EXPECT_EQ(limits(), "80/5/75");
    EXPECT_EQ(tune(plugins_, settings(""), catalogue_), Strings{});
    EXPECT_EQ(tune(plugins_, settings("thresholds: {toy.full: {at: 70}}"), catalogue_), Strings{"toy.full"});
    EXPECT_EQ(limits(), "70/5/65") << "the hysteresis moves along";
    EXPECT_EQ(tune(plugins_, settings("thresholds: {toy.full: {at: 70}}"), catalogue_), Strings{});
    EXPECT_EQ(tune(plugins_, settings("thresholds: {toy.full: {at: 70, step: 0, clear: 10}}"), catalogue_),
              Strings{"toy.full"});
    EXPECT_EQ(limits(), "70/0/10");
    EXPECT_EQ(tune(plugins_, settings("thresholds: {toy.full: {at: 3}}"), catalogue_), Strings{"toy.full"});
    EXPECT_EQ(limits(), "3/5/0");
    EXPECT_EQ(tune(plugins_, settings(""), catalogue_), Strings{"toy.full"});
    EXPECT_EQ(limits(), "80/5/75");
}

TEST_F(ConfigurationTest, ChangesAreNamedByTheirKeys) {
    const auto was = settings(
        "poll: {interval: 5s}\nactions: {page: {exec: [/bin/page]}}\n"
        "rules:\n  - {name: a, on: toy, do: page}\n  - {name: b, on: toy, do: page}\n");
    const auto is = settings(
        "poll: {interval: 7s}\nactions: {mail: {exec: [/bin/mail]}}\n"
        "rules:\n  - {name: a, on: toy, do: page, cooldown: 5m}\n  - {name: c, on: toy, do: mail}\n");
    const auto lines = changes(was, is);
    const auto has = [&](const std::string& line) {
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    };
    for (const char* line : {"poll.interval: 5s -> 7s", "actions.page: gone", "actions.mail: new",
                             "rules[a].cooldown: 0s -> 5m", "rules[b]: gone", "rules[c]: new"})
        EXPECT_TRUE(has(line)) << line << " is not in " << testing::PrintToString(lines);
    EXPECT_EQ(lines.size(), 6U) << testing::PrintToString(lines);
    EXPECT_EQ(changes(is, is), Strings{});
}

TEST_F(ConfigurationTest, TheOrderOfRulesIsAChange) {
    const auto was =
        settings("rules:\n  - {name: a, on: toy, do: {log: x}}\n  - {name: b, on: toy, do: {log: x}}\n");
    const auto is =
        settings("rules:\n  - {name: b, on: toy, do: {log: x}}\n  - {name: a, on: toy, do: {log: x}}\n");
    EXPECT_EQ(changes(was, is), Strings{"rules: in another order"});
}

TEST_F(ConfigurationTest, TheCommandLineComesBeforeTheConfiguration) {
    Options options;
    const auto from_file = settings("monitor: [toy.bad]\nignore: [{name: 'tmp-*'}]\n");
    auto filter = make_filter(options, from_file, catalogue_);
    ASSERT_TRUE(filter);
    EXPECT_TRUE(filter->selection.wants_type("toy.bad"));
    EXPECT_FALSE(filter->selection.wants_type("toy.sick"));
    EXPECT_TRUE(filter->ignores(DeviceId{"tmp-1", "", {}, {}}));
    options.types = {"toy.sick"};
    options.ignore = {"U-*"};
    filter = make_filter(options, from_file, catalogue_);
    EXPECT_FALSE(filter->selection.wants_type("toy.bad"));
    EXPECT_TRUE(filter->ignores(DeviceId{"a", "U-1", {}, {}}) &&
                filter->ignores(DeviceId{"tmp-1", "", {}, {}}));
    options = {};
    EXPECT_TRUE(monitors_nothing(options, settings("")));
    EXPECT_FALSE(monitors_nothing(options, from_file));
    options.all = true;
    EXPECT_TRUE(make_filter(options, from_file, catalogue_)->selection.wants_type("toy.sick"));
}

TEST_F(ConfigurationTest, WhatTheCommandLineMonitorsIsWhatRulesAreHeldAgainst) {
    Options options;
    options.config = testing::TempDir() + "/configuration_test.yaml";
    std::ofstream{options.config}
        << "version: 1\nmonitor: [device]\nrules: [{name: r, on: toy, do: {log: x}}]\n";
    const auto narrow = configure(options, catalogue_);
    ASSERT_TRUE(narrow) << narrow.error().text();
    ASSERT_EQ(narrow->warnings.size(), 1U);
    EXPECT_NE(narrow->warnings[0].find("never fires for 'toy'"), std::string::npos);
    options.all = true;
    const auto all = configure(options, catalogue_);
    ASSERT_TRUE(all);
    ASSERT_EQ(all->warnings.size(), 1U);
    EXPECT_NE(all->warnings[0].find("monitor: has no effect"), std::string::npos) << all->warnings[0];
    std::filesystem::remove(options.config);
}

} // namespace
} // namespace dmev
