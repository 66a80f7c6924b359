// SPDX-License-Identifier: Apache-2.0
// A plugin that is set aside is told of once, its devices fall into doubt with what held, and back.
#include <gtest/gtest.h>

#include "driver.hpp"

namespace dmev {
namespace {

class SetAside : public testing::Test {
 protected:
    SetAside() {
        d.see(d.toy("bad", 0, Why::start)).see(d.toy("sick", 0, Why::start, 1)).see(BaselineDone{});
        d.take();
    }
    Lines fail(int times) {
        for (; times > 0; --times) d.after(1s).see(d.toy("!", ++event_nr));
        return d.take();
    }
    Driver d;
    std::uint32_t event_nr = 0;
};

TEST_F(SetAside, IsToldOnceAndItsDevicesAreInDoubt) {
    EXPECT_EQ(fail(4), (Lines{"monitor.plugin_failed toy raised", "device.status_unknown 0 raised"}));
    d.after(1s).see(d.toy("!", ++event_nr));
    ASSERT_EQ(d.events.size(), 2u);
    EXPECT_FALSE(d.events[0].device);
    EXPECT_EQ(
        d.events[0].message,
        "plugin toy failed on every device: it is set aside: 5 calls in a row failed, at last look() of "
        "toy on toy0: an exclamation mark; a reload (SIGHUP) tries it again");
    EXPECT_EQ(d.events[1].device->name, "toy1");
    EXPECT_EQ(d.take(), (Lines{"monitor.plugin_failed toy raised", "device.status_unknown 0 raised"}));
    EXPECT_EQ(fail(10), Lines{});
    EXPECT_GT(d.wish(), 0); // read again, in case it comes back
    d.see(d.path("PATH_FAILED", "8:16", 1));
    d.see(d.toy("bad dead", ++event_nr));
    EXPECT_EQ(d.take(), Lines{}); // it is not called
}

TEST_F(SetAside, WhatHeldStaysAsItWasUnderstood) {
    fail(5);
    const auto devices = d.engine().devices();
    std::vector<std::string> holding;
    for (const auto& device : devices)
        for (const auto& condition : device.holding) holding.push_back(device.id.name + " " + condition.type);
    EXPECT_EQ(holding, (Lines{"toy0 device.status_unknown", "toy0 monitor.plugin_failed", "toy0 toy.bad",
                              "toy1 device.status_unknown", "toy1 toy.sick"}));
}

TEST_F(SetAside, EndsWhereItIsBroughtBack) {
    fail(5);
    Event raised;
    raised.type = "monitor.plugin_failed";
    raised.part = "toy";
    raised.state = State::raised;
    EXPECT_TRUE(d.engine().current(raised));
    EXPECT_TRUE(d.plugin().conduct().bring_back());
    d.see(d.toy("bad", ++event_nr));
    EXPECT_EQ(d.take(), (Lines{"device.status_unknown 0 cleared", "monitor.plugin_failed toy cleared",
                               "monitor.plugin_failed toy cleared"}));
    EXPECT_FALSE(d.engine().current(raised));
    d.see(d.toy("", 1, Why::kernel, 1));
    EXPECT_EQ(d.take(), (Lines{"device.status_unknown 0 cleared", "toy.well"}));
}

TEST(SetAsideFromTheStart, IsInitialAndNoDeviceIsNeeded) {
    Driver d;
    d.plugin().conduct().set_aside("it crashed");
    d.see(BaselineDone{});
    EXPECT_EQ(d.take(), (Lines{"monitor.plugin_failed toy raised initial"}));
    d.see(d.toy("bad"));
    EXPECT_EQ(d.take(), (Lines{"device.added", "device.status_unknown 0 raised initial"}));
}

} // namespace
} // namespace dmev
