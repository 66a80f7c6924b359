// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "cases.hpp"
#include "status.hpp"
#include "uevent_cases.hpp"

namespace {

using namespace testing_plugins;

dmev::Plugin plugin() { return *dmev::Plugin::adopt(&dmevent_plugin_entry, "multipath.so", nullptr); }

constexpr const char* kTable = "1 queue_if_no_path 0 1 1 service-time 0 4 1 253:0 1 253:1 1 253:2 1 253:3 1";
constexpr const char* kStatus = "2 0 0 0 1 1 A 0 4 0 253:0 A 0 253:1 A 0 253:2 A 0 253:3 A 0 ";

dmev::Said hear(const dmev::Plugin& multipath, const dmev::UeventReading& uevent,
                const Line& last = {"multipath", kTable, kStatus, 20480}) {
    const dmev::DeviceId device{"mp", "mpath-x", {253, 4}, 13};
    return multipath.uevent({&device, 0, 0, last.length, last.type, last.table, last.status}, uevent);
}

TEST(Multipath, SaysOfEachCapturedLineWhatIsExpected) {
    const auto multipath = plugin();
    for (const auto& one : read_cases(CASES)) check(multipath, one);
}

TEST(Multipath, EveryMessageFindsItsFields) {
    const auto multipath = plugin();
    for (const auto& one : read_cases(CASES))
        check_messages(multipath, look(multipath, one.has_before ? &one.before : nullptr, one.now),
                       one.place);
    for (const auto& one : read_uevents(CASES "/path.uevents"))
        check_messages(multipath, hear(multipath, one.uevent), one.place);
}

TEST(Multipath, EveryTypeIsShownByACase) { check_coverage(plugin(), read_cases(CASES)); }

TEST(Multipath, SaysOfEachCapturedUeventWhatIsExpected) {
    const auto multipath = plugin();
    const auto cases = read_uevents(CASES "/path.uevents");
    EXPECT_GT(cases.size(), 15u);
    for (const auto& one : cases) check_said(multipath, hear(multipath, one.uevent), one.expected, one.place);
}

TEST(Multipath, AUeventBeforeTheFirstStatusIsUnderstood) {
    const auto multipath = plugin();
    const auto said =
        hear(multipath, read_uevents(CASES "/path.uevents").front().uevent, {"multipath", "", "", 0});
    check_said(multipath, said, {"+path_failed/253:0", "?all_paths_failed", "valid_paths=3"}, "first");
    EXPECT_EQ(dmev::find_field(said.fields, "paths_total"), nullptr);
    EXPECT_EQ(dmev::find_field(said.fields, "queueing"), nullptr);
}

TEST(Multipath, APathThatLeftIsNotSpokenOf) {
    const auto multipath = plugin();
    const Line before{"multipath", "", "2 0 0 0 1 1 A 0 2 0 253:0 F 1 253:1 A 0 ", 20480};
    const auto said = look(multipath, &before, {"multipath", "", "2 0 0 0 1 1 A 0 1 0 253:1 A 0 ", 20480});
    EXPECT_TRUE(std::none_of(said.conditions.begin(), said.conditions.end(),
                             [](const auto& c) { return c.part == "253:0"; }));
}

// A flap is told in the order in which it came about, before the state it left behind.
TEST(Multipath, FlapsAreToldInOrder) {
    const auto multipath = plugin();
    const auto order = [&](const char* before, const char* now) {
        const Line was{"multipath", "", before, 20480};
        std::string text;
        for (const auto& h : look(multipath, &was, {"multipath", "", now, 20480}).happenings)
            text += multipath.family().types[h.type].alias + " ";
        return text;
    };
    EXPECT_EQ(order("2 0 0 0 1 1 A 0 1 0 253:1 A 0 ", "2 0 0 0 1 1 A 0 1 0 253:1 A 1 "),
              "PATH_FAILED PATH_REINSTATED ");
    EXPECT_EQ(order("2 0 0 0 1 1 A 0 1 0 253:1 F 1 ", "2 0 0 0 1 1 A 0 1 0 253:1 F 2 "),
              "PATH_REINSTATED PATH_FAILED ");
    EXPECT_EQ(order("2 0 0 0 1 1 A 0 1 0 253:1 F 1 ", "2 0 0 0 1 1 A 0 1 0 253:1 A 1 "), "");
    EXPECT_EQ(order("2 0 0 0 1 1 A 0 1 0 253:1 A 0 ", "2 0 0 0 1 1 A 0 1 0 253:1 F 1 "), "");
}

TEST(Multipath, MutatedLinesAreRefusedOrReadButNeverBreakIt) {
    check_mutations(plugin(), read_cases(CASES), 100'000, 20'000);
}

TEST(Multipath, MutatedUeventsAreRefusedOrReadButNeverBreakIt) {
    const auto multipath = plugin();
    const auto cases = read_uevents(CASES "/path.uevents");
    std::vector<std::string> values, statuses, tables{kTable};
    for (const auto& one : cases)
        for (const auto& [name, value] : one.uevent.env) values.push_back(value);
    for (const auto& one : read_cases(CASES)) statuses.push_back(one.now.status);
    Mutator value{values}, status{statuses}, table{tables};
    int understood = 0, refused = 0;
    for (int i = 0; i < 100'000; ++i) {
        auto uevent = cases[value.pick(6)].uevent;
        for (auto n = value.pick(3); n-- > 0;) {
            auto& variable = uevent.env[value.pick(uevent.env.size())];
            switch (value.pick(4)) {
                case 0: variable.first = value.next(); break;
                case 1: std::swap(variable, uevent.env[value.pick(uevent.env.size())]); break;
                default: variable.second = value.next();
            }
        }
        const auto said = hear(multipath, uevent, {"multipath", table.next(), status.next(), 20480});
        ASSERT_NE(said.outcome, dmev::Said::Outcome::fault) << said.because;
        ASSERT_LE(said.conditions.size(), 2u);
        (said.outcome == dmev::Said::Outcome::ok ? understood : refused) += 1;
    }
    EXPECT_GT(understood, 1000);
    EXPECT_GT(refused, 1000);
}

} // namespace
