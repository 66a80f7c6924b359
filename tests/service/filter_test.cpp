// SPDX-License-Identifier: Apache-2.0
#include "service/filter.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace dmev {
namespace {

using Strings = std::vector<std::string>;

Catalogue catalogue() {
    Catalogue all;
    Family raid;
    raid.name = "raid";
    raid.claims = {{"raid", false, false, false}};
    raid.types.resize(2);
    raid.types[0].name = "raid.degraded";
    raid.types[1].name = "raid.mismatch";
    all.add(raid);
    return all;
}

DeviceState state(const std::string& name, Strings targets, Strings conditions) {
    DeviceState s;
    s.id.name = name;
    s.id.uuid = "UUID-" + name;
    s.targets = std::move(targets);
    for (auto& type : conditions) {
        s.holding.emplace_back();
        s.holding.back().type = std::move(type);
    }
    return s;
}

std::string shown(const std::vector<DeviceState>& devices) {
    std::string out;
    for (const auto& device : devices) {
        out += device.id.name;
        for (const auto& held : device.holding) out += "+" + held.type;
        out += " ";
    }
    return out;
}

TEST(Filter, QueryShowsTheDevicesOfTheSelectedTypes) {
    const auto all = catalogue();
    const std::vector<DeviceState> devices = {
        state("broken", {"raid"}, {"raid.degraded", "raid.mismatch", "device.read_only"}),
        state("healthy", {"linear", "raid"}, {}),
        state("other", {"linear"}, {}),
        state("frozen", {"linear"}, {"device.suspended_long"}),
    };
    const std::pair<Strings, std::string> table[] = {
        {{"raid"}, "broken+raid.degraded+raid.mismatch healthy "},
        {{"raid.mismatch"}, "broken+raid.mismatch healthy "},
        {{"device"}, "broken+device.read_only healthy other frozen+device.suspended_long "},
    };
    for (const auto& [words, expected] : table) {
        Filter filter;
        filter.selection = *Selection::parse(words, all);
        EXPECT_EQ(shown(filter.apply(devices, all)), expected) << words[0];
    }
    EXPECT_EQ(Filter{}.apply(devices, all).size(), 4U);
}

TEST(Filter, IgnoresByUuidLiterallyOrAsGlob) {
    Filter filter;
    filter.ignore = {{"UUID-a", {}}, {"CRYPT-*", {}}, {"LVM-[x]", {}}};
    DeviceId id;
    const std::pair<std::string, bool> table[] = {
        {"UUID-a", true},  {"UUID-ab", false}, {"CRYPT-LUKS2-1", true},
        {"LVM-[x]", true}, {"", false},        {"uuid-a", false}};
    for (const auto& [uuid, ignored] : table) {
        id.uuid = uuid;
        EXPECT_EQ(filter.ignores(id), ignored) << uuid;
    }
    filter.ignore = {{"*", {}}};
    id.uuid = "";
    EXPECT_FALSE(filter.ignores(id)) << "a device without a UUID cannot be ignored by UUID";
}

TEST(Filter, WhatIsGivenOfNameAndUuidMustBothMatch) {
    Filter filter;
    filter.ignore = {{std::nullopt, "tmp-*"}, {"LVM-*", "scratch"}};
    const std::tuple<const char*, const char*, bool> table[] = {{"tmp-1", "", true},
                                                                {"tmp", "", false},
                                                                {"scratch", "LVM-1", true},
                                                                {"scratch", "CRYPT-1", false},
                                                                {"other", "LVM-1", false}};
    for (const auto& [name, uuid, ignored] : table) {
        DeviceId id;
        id.name = name;
        id.uuid = uuid;
        EXPECT_EQ(filter.ignores(id), ignored) << name << " " << uuid;
    }
    filter.ignore = {{}};
    EXPECT_FALSE(filter.ignores(DeviceId{"a", "b", {}, {}})) << "nothing given matches nothing";
}

TEST(Filter, WhatCameOfAnActionIsAlwaysShown) {
    Filter filter;
    filter.selection = *Selection::parse(Strings{"raid"}, catalogue());
    Event event;
    event.type = "action.failed";
    EXPECT_TRUE(filter.wants(event));
    event.type = "device.added";
    EXPECT_FALSE(filter.wants(event));
}

TEST(Filter, EventsOfTheProgramItselfHaveNoDeviceToIgnore) {
    Filter filter;
    filter.ignore = {{"*", {}}};
    Event event;
    event.type = "monitor.overrun";
    EXPECT_TRUE(filter.wants(event));
}

TEST(Filter, WhatEndsOnce) {
    const std::pair<const char*, bool> table[] = {{"device.added", false},
                                                  {"action.failed", false},
                                                  {"device.removed", true},
                                                  {"thin.low_water", true},
                                                  {"monitor.overrun", true}};
    for (const auto& [type, ends] : table) {
        Event event;
        event.type = type;
        EXPECT_EQ(ends_once(event), ends) << type;
    }
}

} // namespace
} // namespace dmev
