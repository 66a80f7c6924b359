// SPDX-License-Identifier: Apache-2.0
// Plans through the core's call: a sound one comes over whole, what breaks the contract is a fault of that
// call, and a refusal keeps nothing but its reason.
#include "plugin/plugin.hpp"
#include "zoo.hpp"

namespace dmev {
namespace {

const DeviceId kDevice{"-odd name", "", {253, 0}, {}};
const TargetView kTarget{&kDevice, 0, 0, 8, "any", "", "calm"};

Event event() {
    Event e;
    e.type = "plans.low";
    e.part = "8:32";
    return e;
}

// The plan of hook NAME, without the animal's own.
Planned plan(const Plugin& plugin, const std::string& name, const Fields& args = {}) {
    const auto& hooks = plugin.family().hooks;
    for (std::uint32_t i = 0; i < hooks.size(); ++i)
        if (hooks[i].name == plugin.family().name + "." + name) return plugin.plan(i, event(), kTarget, args);
    ADD_FAILURE() << "no hook " << name;
    return {};
}

void expect_nothing_but(Planned::Outcome outcome, const std::string& because, const Planned& planned) {
    EXPECT_EQ(planned.outcome, outcome);
    EXPECT_EQ(planned.because, because);
    EXPECT_TRUE(planned.argv.empty() && planned.env.empty() && planned.managers.empty() &&
                planned.expect.empty() && planned.lock.empty() && planned.interruptible);
}

struct Wrong {
    const char *hook, *because;
    Planned::Outcome outcome = Planned::Outcome::fault;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.hook; }

class WrongPlan : public testing::TestWithParam<Wrong> {};

TEST_P(WrongPlan, LeavesNothingButTheReason) {
    const Cage cage;
    cage.put("plans");
    const auto plugin = cage.only();
    expect_nothing_but(GetParam().outcome, GetParam().because, plan(plugin, GetParam().hook));
    EXPECT_EQ(plan(plugin, "whole", {{"much", {std::uint64_t{1}}}}).outcome, Planned::Outcome::ok);
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongPlan,
    testing::Values(Wrong{"refuses", "nothing to mend", Planned::Outcome::refused},
                    Wrong{"refuses_mutely", "it gave no reason", Planned::Outcome::refused},
                    Wrong{"fails", "out of ideas"},
                    Wrong{"no_program", "its plan names no program by an absolute path"},
                    Wrong{"only_instead", "its plan names no program by an absolute path"},
                    Wrong{"relative", "its plan names no program by an absolute path"},
                    Wrong{"relative_instead",
                          "its plan names no program by an absolute path for 'multipathd'"},
                    Wrong{"nul", "an argument of its plan has a zero byte"},
                    Wrong{"bad_env", "its plan has an environment variable that cannot be one"},
                    Wrong{"huge", "it said what cannot be taken in: 18446744073709551615 bytes of text"},
                    Wrong{"stranger", "nobody can ask 'mdmon' whether it manages a device"},
                    Wrong{"asks_twice", "its plan asks 'dmeventd' twice"},
                    Wrong{"type_range", "it named event type 9, it has 2"},
                    Wrong{"happening", "its plan waits for the end of 'plans.grown', which is a happening"},
                    Wrong{"gauge_range", "it named gauge 9, it has 1"},
                    Wrong{"kind", "it said what cannot be taken in: a value of kind 99"},
                    Wrong{"nameless", "it said what cannot be taken in: a field of the name ''"}),
    [](const auto& wrong) { return std::string{wrong.param.hook}; });

TEST(Plan, ComesOverWhole) {
    const Cage cage;
    cage.put("plans");
    const auto planned = plan(cage.only(), "whole", {{"much", {std::uint64_t{1}}}});
    ASSERT_EQ(planned.outcome, Planned::Outcome::ok) << planned.because;
    EXPECT_EQ(planned.argv, (std::vector<std::string>{"/bin/mend", "-odd name", "8:32"}));
    ASSERT_EQ(planned.env.size(), 1u);
    EXPECT_EQ(planned.env[0], (std::pair<std::string, std::string>{"WHY", "so"}));
    EXPECT_EQ(planned.lock, "vg:data");
    EXPECT_FALSE(planned.interruptible);

    ASSERT_EQ(planned.managers.size(), 2u);
    EXPECT_EQ(planned.managers[0].who, "dmeventd");
    EXPECT_TRUE(planned.managers[0].instead.empty());
    EXPECT_EQ(planned.managers[1].who, "multipathd");
    EXPECT_EQ(planned.managers[1].instead, (std::vector<std::string>{"/bin/ask", "it"}));

    using enum Expectation::What;
    ASSERT_EQ(planned.expect.size(), 4u);
    EXPECT_EQ(planned.expect[0].what, ended);
    EXPECT_EQ(planned.expect[0].name, "plans.low");
    EXPECT_EQ(planned.expect[0].part, "");
    EXPECT_EQ(planned.expect[1].part, "8:16");
    EXPECT_EQ(planned.expect[2].what, grown);
    EXPECT_EQ(planned.expect[2].name, "use");
    EXPECT_EQ(planned.expect[3].what, field);
    EXPECT_EQ(planned.expect[3].name, "queueing");
    EXPECT_EQ(planned.expect[3].value.text(), "no");
}

TEST(Plan, OfAnExceptionIsContained) {
    const Cage cage;
    cage.put("plan_throws");
    expect_nothing_but(Planned::Outcome::fault, "an exception left it: cannot plan",
                       cage.only().plan(0, event(), kTarget, {}));
}

TEST(Plan, OfAHookThatIsNotThereIsAFault) {
    const Cage cage;
    cage.put("plan_throws");
    EXPECT_EQ(cage.only().plan(7, event(), kTarget, {}).because, "it has no hook 7");
}

TEST(Plan, OfAnOlderPluginWorks) {
    const Cage cage;
    cage.put("older");
    const auto plugin = cage.only();
    ASSERT_EQ(plugin.family().hooks.size(), 2u);
    EXPECT_EQ(plugin.family().hooks[1].noop_if, "");
    const auto planned = plan(plugin, "end");
    EXPECT_EQ(planned.outcome, Planned::Outcome::ok) << planned.because;
    EXPECT_EQ(planned.argv, std::vector<std::string>{"/bin/end"});
    EXPECT_TRUE(planned.interruptible && planned.lock.empty() && planned.managers.empty());
}

TEST(Hooks, JoinTheCatalogue) {
    const Cage cage;
    cage.put("plans");
    Catalogue catalogue;
    ASSERT_EQ(cage.load(catalogue).plugins.size(), 1u);
    const auto* hook = catalogue.hook("plans.whole");
    ASSERT_TRUE(hook);
    EXPECT_EQ(hook->help, "says all there is");
    EXPECT_EQ(hook->noop_if, "activation/policy=warn");
    EXPECT_EQ(hook->noop_unless, "why");
    ASSERT_EQ(hook->params.size(), 2u);
    EXPECT_EQ(hook->params[0].name, "much");
    EXPECT_EQ(hook->params[0].kind, ParamKind::unsigned_integer);
    EXPECT_TRUE(hook->params[0].required);
    EXPECT_EQ(hook->params[1].kind, ParamKind::text);
    EXPECT_FALSE(hook->params[1].required);
    EXPECT_EQ(catalogue.hook("plans.low"), nullptr); // a type
    EXPECT_EQ(catalogue.hook("plans"), nullptr);
}

} // namespace
} // namespace dmev
