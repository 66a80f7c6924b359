// SPDX-License-Identifier: Apache-2.0
// What the engine tells those who act: the target as it is, the condition as it is, other limits.
#include <gtest/gtest.h>

#include "engine/driver.hpp"

namespace dmev {
namespace {

TEST(Facts, AreThoseOfTheLastReadingThatWasUnderstood) {
    Driver d;
    d.start("use=50/100 bad");
    const auto id = d.toy("").id;
    auto facts = d.engine().target(id, 0);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->text.status, "use=50/100 bad");
    EXPECT_EQ(facts->read, d.at);
    EXPECT_EQ(facts->fields.at(0).second.text(), "50");
    ASSERT_EQ(facts->gauges.size(), 1U);
    EXPECT_EQ(facts->gauges[0].name, "use");
    EXPECT_EQ(facts->gauges[0].total, 100U);
    EXPECT_EQ(facts->holding, (std::set<std::pair<std::string, std::string>>{{"toy.bad", ""}}));

    d.after(1s).see(d.toy("?", 1));
    facts = d.engine().target(id, 0);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->text.status, "use=50/100 bad");
    EXPECT_FALSE(d.engine().target(id, 1));
    EXPECT_FALSE(d.engine().target(d.toy("", 0, Why::kernel, 0, 8).id, 0)) << "another lifetime";
    EXPECT_FALSE(d.engine().target(d.toy("", 0, Why::kernel, 5).id, 0)) << "another device";
}

TEST(Facts, SayWhenTheDeviceWasLookedAtThoughNothingChanged) {
    Driver d;
    d.start("bad").after(3s).see(d.toy("bad"));
    EXPECT_EQ(d.engine().target(d.toy("").id, 0)->read, d.at);
    auto asleep = d.toy("bad");
    asleep.suspended = true;
    d.after(2s).see(asleep);
    EXPECT_EQ(d.engine().target(d.toy("").id, 0)->read, d.at - 2s) << "a suspended device concludes nothing";
}

class Prospect : public testing::Test {
 protected:
    Driver& see(const std::string& uuid, const std::string& status) {
        auto reading = d.toy(status);
        reading.id.uuid = uuid;
        return d.after(1s).see(reading);
    }
    bool near(const std::set<std::string>& families = {"other", "toy"}) {
        return d.engine().prospect(families).near;
    }
    Driver d;
};

TEST_F(Prospect, IsNearWhereAVolumeOfLvmsIsNearALimit) {
    d.start("use=10/100");
    see("LVM-x", "use=50/100");
    EXPECT_FALSE(near());
    see("LVM-x", "use=61/100");
    EXPECT_TRUE(near());
    EXPECT_FALSE(near({"other"}));
    EXPECT_FALSE(near({}));
    see("mpath-x", "use=61/100");
    EXPECT_FALSE(near());
}

TEST_F(Prospect, IsNearWhereAVolumeOfLvmsHasNoLimit) {
    d.plugin().tune("toy.full", 0, 0, 0);
    d.start("use=1/100");
    EXPECT_FALSE(near());
    see("LVM-x", "use=1/100");
    EXPECT_TRUE(near());
    d.after(1s).see(DeviceRemoved{d.toy("").id});
    EXPECT_FALSE(near());
}

TEST_F(Prospect, TellsOfNewVolumes) {
    const auto newest = [&] { return d.engine().prospect({"toy"}).newest; };
    d.start("use=1/100");
    see("", "use=1/100");
    EXPECT_EQ(newest(), 0U);
    see("LVM-x", "use=1/100");
    const auto first = newest();
    EXPECT_GT(first, 0U);
    see("LVM-x", "use=2/100");
    EXPECT_EQ(newest(), first);
    auto second = d.toy("use=1/100", 0, Why::kernel, 1);
    second.id.uuid = "LVM-y";
    d.after(1s).see(second);
    EXPECT_GT(newest(), first);
    EXPECT_EQ(d.engine().prospect({"other"}).newest, 0U);
}

TEST(Current, IsTheConditionWithTheValuesOfNowOrNothing) {
    Driver d;
    d.start("use=81/100");
    const auto raised = d.events.back();
    ASSERT_EQ(raised.type, "toy.full");
    const auto since = d.at;
    d.after(5s).see(d.toy("use=84/100", 1));
    const auto now_is = d.engine().current(raised);
    ASSERT_TRUE(now_is);
    EXPECT_EQ(now_is->time, since);
    EXPECT_EQ(now_is->id, raised.id);
    EXPECT_EQ(find_field(now_is->data, "percent")->text(), "84");
    EXPECT_EQ(find_field(now_is->data, "used")->text(), "84");
    EXPECT_EQ(now_is->message, "toy0: 84 %, above 80 %");
    d.after(5s).see(d.toy("use=10/100", 2));
    EXPECT_FALSE(d.engine().current(raised));
}

TEST(Current, IsNothingForAnotherLifetimeOrAnEnd) {
    Driver d;
    d.start("bad");
    auto event = d.events.back();
    ASSERT_TRUE(d.engine().current(event));
    event.state = State::cleared;
    EXPECT_FALSE(d.engine().current(event));
    event.state = State::raised;
    event.device->diskseq = 99;
    EXPECT_FALSE(d.engine().current(event));
}

TEST(Retune, TellsAnewWhatHoldsUnderOtherLimits) {
    Catalogue catalogue;
    std::vector<Plugin> plugins;
    plugins.push_back(toy::plugin());
    catalogue.add(plugins[0].family());
    Lines out;
    Engine engine{catalogue, plugins, {}, [&](Event&& e) { out.push_back(Driver::line(e)); }};
    Driver d; // for its readings
    const auto see = [&](const char* status) {
        d.after(1s);
        engine.observe({d.at, d.toy(status)});
        return std::exchange(out, {});
    };
    engine.observe({d.at, d.toy("use=60/100", 0, Why::start)});
    engine.observe({d.at, BaselineDone{}});
    EXPECT_EQ(out, Lines{});
    engine.take_wishes();

    const std::vector<std::string> types{"toy.full"};
    plugins[0].tune("toy.full", 50, 5, 45);
    engine.retune({}, types);
    EXPECT_EQ(engine.take_wishes().size(), 1U) << "read again at once";
    EXPECT_EQ(see("use=60/100"), Lines{"toy.full raised"});
    EXPECT_EQ(see("use=60/100"), Lines{});

    plugins[0].tune("toy.full", 90, 5, 85);
    engine.retune({}, types);
    EXPECT_EQ(see("use=60/100"), Lines{"toy.full cleared"});

    plugins[0].tune("toy.full", 50, 5, 45);
    engine.retune({}, types);
    EXPECT_EQ(see("use=60/100"), Lines{"toy.full raised"});
    plugins[0].tune("toy.full", 0, 5, 0);
    engine.retune({}, types);
    EXPECT_EQ(see("use=60/100"), Lines{"toy.full cleared"}) << "it was turned off";
}

} // namespace
} // namespace dmev
