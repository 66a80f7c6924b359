// SPDX-License-Identifier: Apache-2.0
// What breaks the contract in a call is a fault of that call: it is named, nothing of what was said counts,
// and the next call is heard.
#include "plugin/plugin.hpp"
#include "zoo.hpp"

namespace dmev {
namespace {

const DeviceId kDevice{"d", "", {253, 0}, {}};

TargetView at(std::string_view status) { return {&kDevice, 0, 0, 8, "any", "", status}; }

void expect_fault(const Said& said, const std::string& because) {
    EXPECT_EQ(said.outcome, Said::Outcome::fault);
    EXPECT_TRUE(said.because.starts_with(because)) << said.because;
    EXPECT_TRUE(said.conditions.empty() && said.happenings.empty() && said.fields.empty());
}

struct Provoked {
    const char *animal, *because;
};
void PrintTo(const Provoked& provoked, std::ostream* out) { *out << provoked.animal; }

class Provocation : public testing::TestWithParam<Provoked> {};

TEST_P(Provocation, IsContained) {
    const Cage cage;
    cage.put(GetParam().animal);
    const auto plugin = cage.only();
    EXPECT_EQ(plugin.look(nullptr, at("calm")).outcome, Said::Outcome::ok);
    expect_fault(plugin.look(nullptr, at("provoke")), GetParam().because);
    EXPECT_EQ(plugin.look(nullptr, at("calm")).outcome, Said::Outcome::ok);
}

INSTANTIATE_TEST_SUITE_P(
    All, Provocation,
    testing::Values(
        Provoked{"look_throws", "an exception left it: cannot look"},
        Provoked{"throws_int", "an exception left it"},
        Provoked{"type_range", "it named event type 99, it has 2"},
        Provoked{"wrong_kind", "it stated 'wrong_kind.grown', which is a happening, as a condition"},
        Provoked{"happened_first", "it said that 'happened_first.grown' happened at first sight"},
        Provoked{"unknown_kind", "it said what cannot be taken in: a value of kind 99"},
        Provoked{"huge_key", "it said what cannot be taken in: 18446744073709551615 bytes of text"}),
    [](const auto& provoked) { return std::string{provoked.param.animal}; });

TEST(Look, MayTellAtTheSecondSightWhatHappened) {
    const Cage cage;
    cage.put("happened_first");
    const auto before = at("calm");
    const auto said = cage.only().look(&before, at("provoke"));
    EXPECT_EQ(said.outcome, Said::Outcome::ok);
    EXPECT_EQ(said.happenings.size(), 1u);
}

TEST(Uevent, IsContained) {
    const Cage cage;
    cage.put("uevent_throws");
    const auto plugin = cage.only();
    ASSERT_TRUE(plugin.has_uevent());
    EXPECT_EQ(plugin.uevent(at("calm"), {}).outcome, Said::Outcome::ok);
    expect_fault(plugin.uevent(at("provoke"), {}), "an exception left it: cannot hear");
}

TEST(Uevent, SaysNothingWhereThePluginHearsNone) {
    const Cage cage;
    cage.put("sound");
    const auto plugin = cage.only();
    ASSERT_FALSE(plugin.has_uevent());
    EXPECT_EQ(plugin.uevent(at("calm"), {}).outcome, Said::Outcome::ok);
}

} // namespace
} // namespace dmev
