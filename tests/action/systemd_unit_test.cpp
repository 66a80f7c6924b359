// SPDX-License-Identifier: Apache-2.0
#include "action/systemd_unit.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace dmev {
namespace {

TEST(SystemdEscape, IsWhatSystemdEscapeWrites) {
    const std::pair<const char*, const char*> known[] = {
        {"", ""},
        {"vg0-pool", "vg0\\x2dpool"},
        {"Hallöchen, Meister", "Hall\\xc3\\xb6chen\\x2c\\x20Meister"},
        {"/dev/dm-1", "-dev-dm\\x2d1"},
        {".hidden", "\\x2ehidden"},
        {"a.b:c_d", "a.b:c_d"},
        {"back\\slash", "back\\x5cslash"},
        {"$(reboot)\n", "\\x24\\x28reboot\\x29\\x0a"},
        {"a@b", "a\\x40b"},
        {"*?[", "\\x2a\\x3f\\x5b"},
    };
    for (const auto& [text, escaped] : known) EXPECT_EQ(systemd_escape(text), escaped) << text;
}

class UnitName : public testing::Test {
 protected:
    std::string named(std::string_view text) {
        auto out = unit_name(text, firing, "systemd");
        return out ? *out : "ERROR " + out.error().text();
    }
    void device(std::string name) { firing.event.device->name = std::move(name); }
    Rule rule = acting::rule({});
    Firing firing = acting::firing(rule);
};

TEST_F(UnitName, ValuesAreEscapedAndTheTextIsNot) {
    EXPECT_EQ(named("start backup.service"), "backup.service");
    EXPECT_EQ(named("start backup-pool.timer"), "backup-pool.timer");
    EXPECT_EQ(named("start page@{device}"), "page@vg0\\x2dpool1.service");
    EXPECT_EQ(named("start  page@{device}.service"), "page@vg0\\x2dpool1.service");
}

TEST_F(UnitName, AValueDoesNotDecideOfTheKindOfUnit) {
    device("home.mount");
    EXPECT_EQ(named("start page@{device}"), "page@home.mount.service");
    EXPECT_EQ(named("start page@{device}.path"), "page@home.mount.path");
}

TEST_F(UnitName, WhatNoUnitCanBeCalledIsRefused) {
    EXPECT_EQ(named("stop page.service"),
              "ERROR cannot start unit stop page.service: it is not 'start UNIT'");
    device("");
    EXPECT_EQ(named("start page@{device}"),
              "ERROR cannot start unit page@.service: its instance would be empty");
    device(std::string(70, '-'));
    EXPECT_NE(named("start page@{device}").find("longer than 255 bytes"), std::string::npos);
    EXPECT_NE(named("start page@{devise}").find("no such placeholder"), std::string::npos);
}

TEST_F(UnitName, TwoHundredFiftyFiveBytesAreNotTooMany) {
    device(std::string(255 - 13, 'a'));
    EXPECT_EQ(named("start page@{device}").size(), 255U);
    device(std::string(255 - 12, 'a'));
    EXPECT_TRUE(named("start page@{device}").starts_with("ERROR"));
}

} // namespace
} // namespace dmev
