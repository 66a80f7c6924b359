// SPDX-License-Identifier: Apache-2.0
#include "plans.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace testing_plugins {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : "|") + word;
    return out;
}

} // namespace

dmev::Planned plan(const dmev::Plugin& plugin, const Asked& asked) {
    const auto& hooks = plugin.family().hooks;
    dmev::Event event;
    event.type = asked.type;
    event.device = asked.device;
    for (std::uint32_t i = 0; i < hooks.size(); ++i)
        if (hooks[i].name == asked.hook)
            return plugin.plan(
                i, event,
                {&asked.device, 0, 0, asked.now.length, asked.now.type, asked.now.table, asked.now.status},
                asked.args);
    ADD_FAILURE() << "no hook " << asked.hook;
    return {};
}

std::string plan_of(const dmev::Plugin& plugin, const Asked& asked) {
    const auto planned = plan(plugin, asked);
    switch (planned.outcome) {
        case dmev::Planned::Outcome::refused: return "refused: " + planned.because;
        case dmev::Planned::Outcome::fault: return "fault: " + planned.because;
        case dmev::Planned::Outcome::ok: break;
    }
    std::string out = joined(planned.argv);
    for (const auto& [who, instead] : planned.managers)
        out += "; if " + who + (instead.empty() ? " nothing" : " " + joined(instead));
    return out;
}

void check_lvm_plan(const dmev::Planned& planned, const std::string& vg) {
    ASSERT_EQ(planned.outcome, dmev::Planned::Outcome::ok) << planned.because;
    EXPECT_EQ(planned.argv.front(), "/usr/sbin/lvm");
    EXPECT_EQ(planned.lock, "vg:" + vg);
    EXPECT_FALSE(planned.interruptible);
    EXPECT_NE(std::find(planned.env.begin(), planned.env.end(),
                        std::pair<std::string, std::string>{"LVM_RUN_BY_DMEVENTD", "1"}),
              planned.env.end());
    ASSERT_EQ(planned.managers.size(), 1u);
    EXPECT_EQ(planned.managers[0].who, "dmeventd");
    EXPECT_TRUE(planned.managers[0].instead.empty());
}

std::string expected_of(const dmev::Planned& planned) {
    static constexpr const char* kWhat[] = {"ended", "grown", "field"};
    std::string out;
    for (const auto& e : planned.expect) {
        out += (out.empty() ? "" : ", ") + std::string{kWhat[static_cast<int>(e.what)]} + " " + e.name;
        if (!e.part.empty()) out += " " + e.part;
        if (e.what == dmev::Expectation::What::field) out += " " + e.value.text();
    }
    return out;
}

} // namespace testing_plugins
