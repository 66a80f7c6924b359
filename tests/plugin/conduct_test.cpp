// SPDX-License-Identifier: Apache-2.0
// Faults in a row set a plugin aside: it is not called any more, and says why, until it is brought back.
#include "plugin/conduct.hpp"

#include <functional>

#include "plugin/plugin.hpp"
#include "zoo.hpp"

namespace dmev {
namespace {

const DeviceId kDevice{"pool\n1", "", {253, 0}, {}};

TargetView at(std::string_view status) { return {&kDevice, 0, 0, 8, "any", "", status}; }

Plugin load(const char* animal) {
    const Cage cage; // a mapped file may go
    cage.put(animal);
    return cage.only();
}

// A clock that makes every call last as long as the test says.
std::int64_t now_is = 0, call_lasts = 0;
std::int64_t test_clock() { return now_is += call_lasts; }

class Timed : public testing::Test {
 protected:
    Timed() {
        now_is = 0;
        call_lasts = 1000;
        plugin_.conduct().time_by(test_clock);
    }
    std::string log_of(const std::function<void()>& act) {
        testing::internal::CaptureStderr();
        act();
        return testing::internal::GetCapturedStderr();
    }
    void look(std::chrono::nanoseconds lasting) {
        call_lasts = lasting.count();
        last_ = plugin_.look(nullptr, at("calm"));
    }
    Plugin plugin_ = load("sound");
    Said last_;
};

TEST(Conduct, FiveFaultsInARowSetAside) {
    const auto plugin = load("look_throws");
    for (int i = 0; i < Conduct::kFaultsInARow; ++i) {
        EXPECT_EQ(plugin.conduct().set_aside(), "");
        EXPECT_EQ(plugin.look(nullptr, at("provoke")).outcome, Said::Outcome::fault);
    }
    const auto said = plugin.look(nullptr, at("calm")); // it would understand this
    EXPECT_EQ(said.outcome, Said::Outcome::set_aside);
    EXPECT_TRUE(said.conditions.empty());
    EXPECT_EQ(said.because,
              "it is set aside: 5 calls in a row failed, at last look() of any on pool\n1: an exception left "
              "it: cannot look; a reload (SIGHUP) tries it again");
}

TEST(Conduct, OneGoodCallEndsTheRow) {
    const auto plugin = load("look_throws");
    for (int i = 0; i < 10 * Conduct::kFaultsInARow; ++i) {
        plugin.look(nullptr, at("provoke"));
        if (i % (Conduct::kFaultsInARow - 1) == 0) plugin.look(nullptr, at("calm"));
    }
    EXPECT_EQ(plugin.conduct().set_aside(), "");
}

TEST(Conduct, ABroughtBackPluginHasAWholeRowAgain) {
    auto plugin = load("look_throws");
    EXPECT_FALSE(plugin.conduct().bring_back());
    for (int i = 0; i < Conduct::kFaultsInARow; ++i) plugin.look(nullptr, at("provoke"));
    EXPECT_TRUE(plugin.conduct().bring_back());
    EXPECT_EQ(plugin.look(nullptr, at("calm")).outcome, Said::Outcome::ok);
    for (int i = 1; i < Conduct::kFaultsInARow; ++i) plugin.look(nullptr, at("provoke"));
    EXPECT_EQ(plugin.conduct().set_aside(), "");
}

TEST(Conduct, HooksOfAPluginThatIsSetAsideRefuse) {
    auto plugin = load("plans");
    EXPECT_EQ(plugin.plan(0, {}, at("calm"), {{"much", {std::uint64_t{1}}}}).outcome, Planned::Outcome::ok);
    plugin.conduct().set_aside("out of order");
    const auto planned = plugin.plan(0, {}, at("calm"), {{"much", {std::uint64_t{1}}}});
    EXPECT_EQ(planned.outcome, Planned::Outcome::refused);
    EXPECT_EQ(planned.because,
              "plugin 'plans': it is set aside: out of order; a reload (SIGHUP) tries it again");
    EXPECT_TRUE(planned.argv.empty());
}

TEST(Conduct, FailedPlansAreToldByTheirActionsAndSetNothingAside) {
    const auto plugin = load("plan_throws");
    for (int i = 0; i < 2 * Conduct::kFaultsInARow; ++i)
        EXPECT_EQ(plugin.plan(0, {}, at("calm"), {}).outcome, Planned::Outcome::fault);
    EXPECT_EQ(plugin.conduct().set_aside(), "");
}

TEST_F(Timed, ALateCallIsToldOncePerHourAndWhatItSaidCounts) {
    const auto first = log_of([&] { look(std::chrono::milliseconds{150}); });
    EXPECT_NE(first.find("plugin 'sound' took 150 ms for look() of any on pool\\x0a1, more than 100 ms"),
              std::string::npos)
        << first;
    EXPECT_EQ(last_.outcome, Said::Outcome::ok);
    look(std::chrono::milliseconds{1});
    EXPECT_EQ(log_of([&] { look(std::chrono::milliseconds{101}); }), "");
    now_is += std::chrono::nanoseconds{Conduct::kOverrunTold}.count();
    const auto again = log_of([&] { look(std::chrono::milliseconds{200}); });
    EXPECT_NE(again.find("(1 more since"), std::string::npos) << again;
}

TEST_F(Timed, LateCallsInARowSetAside) {
    for (int i = 0; i < Conduct::kFaultsInARow; ++i) look(std::chrono::milliseconds{150});
    EXPECT_EQ(last_.outcome, Said::Outcome::ok);
    look(std::chrono::milliseconds{1});
    EXPECT_EQ(last_.outcome, Said::Outcome::set_aside);
    EXPECT_NE(last_.because.find("it took 150 ms, more than 100"), std::string::npos) << last_.because;
}

TEST_F(Timed, CallsWithinTheBudgetAreNotTold) {
    EXPECT_EQ(log_of([&] {
                  for (int i = 0; i < 100; ++i) look(Conduct::kBudget);
              }),
              "");
    EXPECT_EQ(last_.outcome, Said::Outcome::ok);
}

TEST(Conduct, RealTimeIsTaken) {
    auto plugin = load("slow");
    plugin.conduct().time_by(
        []() -> std::int64_t { return std::chrono::steady_clock::now().time_since_epoch().count(); });
    testing::internal::CaptureStderr();
    plugin.look(nullptr, at("provoke"));
    EXPECT_NE(testing::internal::GetCapturedStderr().find("plugin 'slow' took 1"), std::string::npos);
}

TEST(Conduct, AFaultIsNamedOnceWithItsDeviceAndText) {
    const auto plugin = load("look_throws");
    testing::internal::CaptureStderr();
    for (int i = 1; i < Conduct::kFaultsInARow; ++i) plugin.look(nullptr, at("provoke"));
    EXPECT_EQ(
        testing::internal::GetCapturedStderr(),
        "dmevent_tool: plugin 'look_throws' failed in look() of any on pool\\x0a1: an exception left it: "
        "cannot look; the status was 'provoke'\n");
}

} // namespace
} // namespace dmev
