// SPDX-License-Identifier: Apache-2.0
// What a successor tells and does not tell, what is written down for it, and rows that are damaged.
#include <gtest/gtest.h>

#include <set>

#include "driver.hpp"
#include "restart_driver.hpp"

namespace dmev {
namespace {

constexpr const char* kGood = "path=8:0:A:0 path=8:16:A:0";

// A driver that died, and the next one, a minute later.
class Next : public Driver {
 public:
    explicit Next(Driver& before, Duration away = 1min) {
        rows.take(before.engine().changed());
        at = before.at + away;
        errors = engine().restore(rows.all());
    }
    Rows rows;
    std::vector<Error> errors;
};

TEST(Memory, WhatStillHoldsIsNoNews) {
    Driver a;
    a.start("bad sick use=87/100");
    const auto since = a.at;
    Next b{a};
    EXPECT_TRUE(b.errors.empty());
    EXPECT_EQ(b.start("bad sick use=89/100").take(), Lines{});
    const auto devices = b.engine().devices();
    ASSERT_EQ(devices.at(0).holding.size(), 3u);
    for (const auto& h : devices[0].holding) EXPECT_EQ(h.since, since) << h.type;
    EXPECT_EQ(devices[0].holding[0].message, "toy0 is bad");
    EXPECT_EQ(b.see(b.toy("use=96/100", 1)).take(),
              (Lines{"toy.bad cleared", "toy.well", "toy.full raised"})); // only a higher step is told
}

TEST(Memory, WhatCameAndWentMeanwhileIsToldOfTheRestart) {
    Driver a;
    a.start("bad use=10/100");
    Next b{a};
    EXPECT_EQ(b.see(b.toy("sick use=10/200", 5, Why::start)).see(BaselineDone{}).engine().devices().size(),
              1u);
    for (const auto& e : b.events) {
        EXPECT_EQ(e.source, "restart");
        EXPECT_FALSE(e.initial);
        EXPECT_EQ(e.kernel->steps, 5u);
    }
    EXPECT_EQ(b.take(), (Lines{"toy.grew", "toy.bad cleared", "toy.sick raised"}));
    b.see(b.toy("bad sick use=10/200", 6));
    EXPECT_EQ(b.events.at(0).source, "kernel"); // somebody watches again
}

TEST(Memory, DevicesThatLeftAndCame) {
    Driver a;
    a.see(a.toy("bad", 0, Why::start, 0)).see(a.toy("fine", 0, Why::start, 1)).see(BaselineDone{});
    Next b{a};
    b.see(b.toy("sick", 0, Why::start, 2)).see(b.toy("fine", 0, Why::start, 1)).see(BaselineDone{});
    ASSERT_EQ(b.events.size(), 3u);
    for (const auto& e : b.events) EXPECT_EQ(e.source, "restart");
    EXPECT_EQ(b.events[2].device->name, "toy0");
    EXPECT_EQ(b.take(), (Lines{"device.added", "toy.sick raised initial", "device.removed"}));
    b.see(b.toy("fine", 0, Why::kernel, 3));
    EXPECT_EQ(b.events.at(0).source, "kernel");
    EXPECT_EQ(b.take(), (Lines{"device.added"}));
}

TEST(Memory, WithoutARowItIsAFirstStart) {
    Driver a;
    Next b{a};
    EXPECT_EQ(b.start("bad").take(), (Lines{"toy.bad raised initial"}));
}

TEST(Memory, AnotherLifetimeUnderItsNumber) {
    Driver a;
    a.start("bad");
    Next b{a};
    EXPECT_EQ(b.see(b.toy("bad", 0, Why::start, 0, 8)).take(),
              (Lines{"device.removed", "device.added", "toy.bad raised initial"}));
    // Without a diskseq the names tell, and event_nr, which does not go back.
    const auto reborn = [](const std::string& name, const std::string& uuid, std::uint32_t event_nr) {
        Driver before;
        auto r = before.toy("bad", 5, Why::start, 0, 0);
        r.id.uuid = "u";
        before.see(r).see(BaselineDone{});
        Next after{before};
        r.id.name = name;
        r.id.uuid = uuid;
        r.event_nr = event_nr;
        return after.see(r).take();
    };
    EXPECT_EQ(reborn("toy0", "u", 5), Lines{});
    EXPECT_EQ(reborn("other", "u", 6), (Lines{"device.renamed"}));
    const Lines anew{"device.removed", "device.added", "toy.bad raised initial"};
    EXPECT_EQ(reborn("toy0", "u", 4), anew);
    EXPECT_EQ(reborn("toy0", "v", 5), anew);
}

TEST(Memory, NothingIsDueBeforeTheFirstReading) {
    Driver a;
    a.start("path=8:0:F:3").see(a.toy("path=8:0:A:0", 0, Why::uevent)).take(); // lapses in 30 s
    Next b{a};
    b.engine().advance(b.at);
    EXPECT_EQ(b.take(), Lines{});
    b.start("path=8:0:A:0");
    b.engine().advance(b.at);
    EXPECT_EQ(b.take(), (Lines{"toy.path_back 8:0 inferred"}));
}

TEST(Memory, APathThatReadsGoodMayHaveBeenReset) {
    Driver a;
    a.start("path=8:0:F:3").take();
    Next b{a};
    b.start("path=8:0:A:0");
    b.engine().advance(b.at + 29s);
    EXPECT_EQ(b.take(), Lines{});
    b.engine().advance(b.at + 30s);
    EXPECT_EQ(b.take(), (Lines{"toy.path_back 8:0 inferred"}));
}

TEST(Memory, APathWhoseCountTellsIsBack) {
    Driver a;
    a.start("path=8:0:F:3").take();
    Next b{a};
    b.start("path=8:0:A:3");
    b.engine().advance(b.at + 250ms);
    ASSERT_EQ(b.events.size(), 1u);
    EXPECT_EQ(b.events[0].source, "restart");
    EXPECT_EQ(b.take(), (Lines{"toy.path_back 8:0 inferred"}));
}

TEST(Memory, WhatAUeventToldIsNotToldByTheStatusAgain) {
    Driver a;
    a.start(kGood).see(a.path("PATH_FAILED", "8:0", 1)).see(a.path("PATH_REINSTATED", "8:0", 2)).take();
    Next b{a};
    b.start("path=8:0:A:1 flap=8:0 path=8:16:A:0");
    b.engine().advance(b.at + 1s);
    EXPECT_EQ(b.take(), Lines{});
}

TEST(Memory, WhatWaitedForItsUeventIsTold) {
    Driver a;
    a.start(kGood).see(a.toy("path=8:0:A:1 flap=8:0 path=8:16:F:1", 2)).take();
    Next b{a};
    b.start("path=8:0:A:1 path=8:16:F:1");
    b.engine().advance(b.at + 1s);
    EXPECT_EQ(b.take(), (Lines{"toy.path_failed 8:0 inferred", "toy.path_back 8:0 inferred",
                               "toy.path_failed 8:16 raised inferred"}));
}

TEST(Memory, AUeventBeforeTheFirstReadingIsOfTheDeviceThatWasKnown) {
    Driver a;
    a.start("path=8:0:F:1").take();
    Next b{a};
    b.see(b.path("PATH_FAILED", "8:0", 1)).see(Tick{});
    EXPECT_EQ(b.take(), (Lines{"toy.path_failed 8:0 raised repeat"}));
}

TEST(Memory, ASuspensionGoesOn) {
    Driver a;
    auto r = a.toy("fine", 0, Why::start);
    r.suspended = true;
    a.see(r).see(BaselineDone{});
    Next b{a, 5s};
    b.see(r).see(BaselineDone{}).engine().advance(a.at + 10s);
    EXPECT_EQ(b.take(), (Lines{"device.suspended_long raised"}));
}

TEST(Memory, WhatHangsIsNotMissed) {
    Driver a;
    const DeviceId id{"toy0", "", {253, 0}, 7};
    a.start("bad").see(Unresponsive{id, {"toy0"}}).take();
    Next b{a};
    EXPECT_EQ(b.see(Unresponsive{id, {"toy0"}}).see(BaselineDone{}).take(), Lines{});
    EXPECT_EQ(b.see(Responsive{id}).see(b.toy("bad sick", 0)).take(),
              (Lines{"device.responsive", "toy.sick raised"}));
    a.engine().remember_all();
    Next c{a};
    EXPECT_EQ(c.start("bad").take(), (Lines{"device.responsive"})); // it answers by now
}

TEST(Memory, OtherLimitsAreToldAnew) {
    Driver a;
    a.start("use=90/100");
    auto rows = a.engine().changed();
    const auto at = rows.at(0).value.find("\"limits\":[80");
    ASSERT_NE(at, std::string::npos);
    rows[0].value.replace(at, 12, "\"limits\":[70");
    Driver b;
    EXPECT_TRUE(b.engine().restore(rows).empty());
    EXPECT_EQ(b.start("use=90/100").take(), (Lines{"toy.full raised"}));
}

TEST(Memory, NothingNewIsNothingWritten) {
    Driver d;
    d.start("fine use=10/100");
    EXPECT_EQ(d.engine().changed().size(), 1u);
    for (int i = 0; i < 20; ++i)
        d.after(10s).see(d.toy("fine use=" + std::to_string(10 + i) + "/100", 0, Why::poll));
    EXPECT_TRUE(d.engine().changed().empty());
    d.engine().remember_all();
    EXPECT_EQ(d.engine().changed().size(), 1u);
    d.see(DeviceRemoved{{"toy0", "", {253, 0}, 7}});
    EXPECT_EQ(d.engine().changed(), (std::vector<Remembered>{{"device", "253:0", ""}}));
}

TEST(Memory, OfManyDevicesTheOnesThatChangedAreWritten) {
    Driver d;
    for (std::uint32_t i = 0; i < 10'000; ++i) d.see(d.toy("fine", 0, Why::start, i));
    d.see(BaselineDone{});
    EXPECT_EQ(d.engine().changed().size(), 10'000u);
    for (std::uint32_t i : {7, 4242, 9999}) d.see(d.toy("bad", 1, Why::kernel, i));
    const auto rows = d.engine().changed();
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[1].key, "253:4242");
}

TEST(Memory, BytesAreKeptAsTheyAre) {
    Driver a;
    const std::string name = "\xff\x80 \"\n\x01";
    auto r = a.toy("? \xfe", 0, Why::start);
    r.id.name = name;
    r.id.uuid = std::string{"u\0v", 3};
    a.see(r).see(BaselineDone{}).take();
    Next b{a};
    ASSERT_TRUE(b.errors.empty());
    EXPECT_EQ(b.see(r).see(BaselineDone{}).take(), Lines{});
    const auto devices = b.engine().devices();
    EXPECT_EQ(std::get<std::string>(find_field(devices.at(0).holding.at(0).data, "status")->v), "? \xfe");
}

TEST(Memory, IdsAreNeverUsedTwice) {
    Driver a;
    a.start("bad");
    Next b{a, -1h}; // and the clock was set back
    b.at = a.at;
    b.start("sick dead");
    std::set<std::string> ids;
    for (const auto* driver : {&a, static_cast<Driver*>(&b)})
        for (const auto& e : driver->events) EXPECT_TRUE(ids.insert(e.id).second) << e.id;
    EXPECT_EQ(ids.size(), 4u);
}

TEST(Memory, TimesOfAClockThatWasSetBackAreBounded) {
    Driver a;
    a.at += 24h;
    a.start("path=8:0:F:3").see(a.toy("path=8:0:A:0", 0, Why::uevent)).take();
    Next b{a, -24h};
    b.start("path=8:0:A:0");
    EXPECT_LE(b.engine().devices().at(0).holding.at(0).since, b.at);
    b.engine().advance(b.at + 30s);
    EXPECT_EQ(b.take(), (Lines{"toy.path_back 8:0 inferred"}));
}

TEST(Memory, ARowThatCannotBeReadIsNamedAndForgotten) {
    Driver d;
    const std::vector<Remembered> rows{{"device", "253:0", "{"},
                                       {"device", "253:1", "[]"},
                                       {"device", "253:2", R"({"told":1,"event_nr":"x"})"},
                                       {"device", "nonsense", "{}"},
                                       {"lane", "253:0", "not ours"}};
    const auto errors = d.engine().restore(rows);
    ASSERT_EQ(errors.size(), 4u);
    EXPECT_NE(errors[0].text().find("device 253:0"), std::string::npos) << errors[0].text();
    EXPECT_NE(errors[2].text().find("event_nr is not a number"), std::string::npos) << errors[2].text();
    const auto changed = d.engine().changed();
    ASSERT_EQ(changed.size(), 4u);
    for (const auto& row : changed) EXPECT_EQ(row.value, "");
    EXPECT_EQ(d.start("bad").take(), (Lines{"toy.bad raised initial"}));
}

TEST(Memory, AConditionThatNobodyRaisesAnyMoreIsLeftOut) {
    Driver a;
    a.start("bad");
    auto rows = a.engine().changed();
    rows.at(0).value.replace(rows[0].value.find("toy.bad"), 7, "toy.odd");
    Driver b;
    const auto errors = b.engine().restore(rows);
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_NE(errors[0].text().find("toy.odd"), std::string::npos);
    EXPECT_EQ(b.start("bad").take(), (Lines{"toy.bad raised"}));
}

TEST(Memory, AWrongLifetimeInARowHidesNoDevice) {
    Driver a;
    a.see(a.toy("bad", 0, Why::start, 0, ~std::uint64_t{0})).see(BaselineDone{});
    Next b{a};
    EXPECT_EQ(b.start("bad").take(), (Lines{"device.removed", "device.added", "toy.bad raised initial"}));
    a.engine().remember_all();
    Next c{a};
    c.see(BaselineDone{}).take();
    EXPECT_EQ(c.see(c.toy("bad", 0)).take(), (Lines{"device.added", "toy.bad raised initial"}));
}

} // namespace
} // namespace dmev
