// SPDX-License-Identifier: Apache-2.0
#include "service/monitor.hpp"

#include <gtest/gtest.h>

#include "fakes/scripted_source.hpp"
#include "service/clock.hpp"
#include "service/survey.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

DeviceReading device(const std::string& name, std::uint32_t minor, Why why = Why::start) {
    DeviceReading reading;
    reading.why = why;
    reading.id = {name, "UUID-" + name, {253, minor}, minor};
    reading.targets = {{0, 8, "linear", std::nullopt, std::nullopt}};
    return reading;
}
DeviceReading suspended(DeviceReading reading) {
    reading.suspended = true;
    return reading;
}
DeviceReading read_only(DeviceReading reading) {
    reading.read_only = true;
    return reading;
}

class MonitorTest : public testing::Test {
 protected:
    // Runs the loop until it is stopped, by the monitor or by enough().
    void run(std::vector<Observation> script, Monitor::Options options = {}) {
        auto loop = Loop::create();
        ASSERT_TRUE(loop);
        loop_ = &*loop;
        ScriptedSource source{std::move(script)};
        Monitor::Ports ports;
        ports.clock = [this] { return clock_.now(); };
        ports.report = [this](const Event& event) {
            events_.push_back(event.type + " " + (event.device ? event.device->name : ""));
            if (events_.size() == enough_) loop_->stop();
        };
        ports.record = [this](const Observation& observation) {
            recorded_.push_back(observation);
            if (recorded_.size() == enough_recorded_) loop_->stop();
        };
        ports.ready = [this] { ++ready_; };
        Monitor monitor{*loop, source, catalogue_, {}, std::move(options), std::move(ports)};
        ASSERT_TRUE(monitor.start());
        bool late = false;
        loop->after(10s, [&] {
            late = true;
            loop_->stop();
        });
        ASSERT_TRUE(loop->run());
        EXPECT_FALSE(late) << "nothing ended the monitor";
        wishes_ = source.wishes;
    }
    Observation now(decltype(Observation::what) what) { return {clock_.now(), std::move(what)}; }

    Catalogue catalogue_;
    WallClock clock_;
    Loop* loop_ = nullptr;
    std::vector<std::string> events_;
    std::vector<Observation> recorded_;
    std::vector<std::pair<DevNum, std::optional<Time>>> wishes_;
    std::size_t enough_ = 0, enough_recorded_ = 0;
    int ready_ = 0;
};

using Strings = std::vector<std::string>;

TEST_F(MonitorTest, ReportsEventsAndSaysOnceThatItIsReady) {
    enough_ = 2;
    run({now(device("a", 1)), now(BaselineDone{}), now(device("b", 2, Why::kernel)), now(BaselineDone{}),
         now(DeviceRemoved{device("a", 1).id})});
    EXPECT_EQ(events_, (Strings{"device.added b", "device.removed a"}));
    EXPECT_EQ(ready_, 1);
}

TEST_F(MonitorTest, ReportsOnlyWhatWasSelected) {
    enough_ = 1;
    Monitor::Options options;
    options.filter.selection = *Selection::parse(Strings{"device.removed"}, catalogue_);
    run({now(BaselineDone{}), now(device("a", 1, Why::kernel)), now(DeviceRemoved{device("a", 1).id})},
        std::move(options));
    EXPECT_EQ(events_, Strings{"device.removed a"});
}

TEST_F(MonitorTest, AnIgnoredDeviceIsRecordedAllTheSame) {
    enough_ = 1;
    Monitor::Options options;
    options.filter.ignore = {{"UUID-a", {}}};
    run({now(BaselineDone{}), now(device("a", 1, Why::kernel)), now(device("b", 2, Why::kernel))},
        std::move(options));
    EXPECT_EQ(events_, Strings{"device.added b"});
    EXPECT_EQ(recorded_.size(), 3U);
}

TEST_F(MonitorTest, OnceEndsWithTheFirstEventButForAMereAppearance) {
    Monitor::Options options;
    options.once = true;
    run({now(BaselineDone{}), now(device("a", 1, Why::kernel)), now(DeviceRemoved{device("a", 1).id}),
         now(device("b", 2, Why::kernel))},
        std::move(options));
    EXPECT_EQ(events_, (Strings{"device.added a", "device.removed a"}));
}

TEST_F(MonitorTest, OnceCountsWhatHeldAtTheStart) {
    Monitor::Options options;
    options.once = true;
    run({now(read_only(device("a", 1))), now(BaselineDone{})}, std::move(options));
    EXPECT_EQ(events_, Strings{"device.read_only a"});
}

TEST_F(MonitorTest, KeepsTheEnginesAppointmentsAndRecordsThemAsTicks) {
    enough_recorded_ = 3;
    Monitor::Options options;
    options.engine.suspended_long = 20ms;
    run({now(suspended(device("a", 1))), now(BaselineDone{})}, std::move(options));
    EXPECT_EQ(events_, Strings{"device.suspended_long a"});
    ASSERT_EQ(recorded_.size(), 3U);
    ASSERT_TRUE(std::holds_alternative<Tick>(recorded_[2].what));

    // What was recorded gives the same event when it is replayed.
    Strings replayed;
    EngineOptions same;
    same.suspended_long = 20ms;
    Engine engine{catalogue_, {}, same, [&](Event&& event) { replayed.push_back(event.type); }};
    for (const auto& observation : recorded_) engine.observe(observation);
    EXPECT_EQ(replayed, Strings{"device.suspended_long"});
}

TEST_F(MonitorTest, PassesWishesToTheSource) {
    enough_ = 1;
    Monitor::Options options;
    options.engine.suspended_long = 20ms;
    run({now(suspended(device("a", 7))), now(BaselineDone{})}, std::move(options));
    ASSERT_FALSE(wishes_.empty()) << "a suspended device stays in the poll";
    EXPECT_EQ(wishes_[0].first, (DevNum{253, 7}));
    EXPECT_TRUE(wishes_[0].second);
}

TEST_F(MonitorTest, SurveyIsThePictureOfTheBaseline) {
    auto loop = Loop::create();
    ASSERT_TRUE(loop);
    ScriptedSource source{{now(read_only(device("a", 1))), now(Unresponsive{device("b", 2).id, {"b"}}),
                           now(BaselineDone{}), now(device("late", 3, Why::kernel))}};
    const auto devices = survey(*loop, source, catalogue_, {});
    ASSERT_TRUE(devices) << devices.error().text();
    ASSERT_EQ(devices->size(), 2U);
    EXPECT_EQ((*devices)[0].id.name, "a");
    ASSERT_EQ((*devices)[0].holding.size(), 1U);
    EXPECT_EQ((*devices)[0].holding[0].type, "device.read_only");
    ASSERT_EQ((*devices)[1].holding.size(), 1U);
    EXPECT_EQ((*devices)[1].holding[0].type, "device.unresponsive");
}

TEST(WallClock, NeverStandsStillNorRunsBackwards) {
    WallClock clock;
    auto last = clock.now();
    EXPECT_LT(std::chrono::abs(last - std::chrono::system_clock::now()), 1s);
    for (int i = 0; i < 1000; ++i) {
        const auto now = clock.now();
        EXPECT_GE(now, last);
        last = now;
    }
}

} // namespace
} // namespace dmev
