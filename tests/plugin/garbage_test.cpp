// SPDX-License-Identifier: Apache-2.0
// Whatever a plugin answers, the call is a fault with a reason of its own, nothing of it counts, and it takes
// neither long nor much.
#include "plugin/plugin.hpp"
#include "zoo.hpp"

namespace dmev {
namespace {

struct Answer {
    const char *word, *because;
};

constexpr const char* kIntake = "it said what cannot be taken in: ";
const Answer kAnswers[] = {
    {"nan", "a number that is none"},
    {"infinite", "a number that is none"},
    {"null_text", "7 bytes of text at no address"},
    {"null_list", "3 items of a list at no address"},
    {"null_field", "1 fields at no address"},
    {"null_more", "2 fields at no address"},
    {"null_key", "2 bytes of text at no address"},
    {"no_name", "a field of the name ''"},
    {"bad_name", "a field of the name 'Low Water\n'"},
    {"long_name", "64 bytes of text for a field's name"},
    {"long_key", "5000 bytes of text for a part"},
    {"long_text", "17825792 bytes of text"},
    {"much_text", "16800672 bytes of text in one call"},
    {"many_conditions", "8193 statements in one call"},
    {"many_gauges", "8193 statements in one call"},
    {"many_more", "18446744073709551615 fields"},
    {"long_list", "4294967295 items of a list"},
    {"deep_list", "lists in lists without end"},
};
const Answer kWrongs[] = {
    {"many_fields", "it stated fields without end"},
    {"twice", "it stated 'garbage.low' twice for the part ''"},
    {"gauge_twice", "it stated gauge 'use' twice"},
    {"gauge_range", "it named gauge 4000000000, it has 1"},
    {"truth", "it stated truth 99"},
    {"negative_truth", "it stated truth -1"},
    {"refuses", "it returned 2"},
    {"result", "it returned 99"},
    {"negative_result", "it returned -7"},
};

class Garbage : public testing::Test {
 protected:
    Said look(const std::string& status) const {
        const DeviceId device{"d", "", {253, 0}, {}};
        return plugin_.look(nullptr, {&device, 0, 0, 8, "garbage", "", status});
    }
    void expect_fault(const std::string& word, const std::string& because) const {
        const auto said = look(word);
        EXPECT_EQ(said.outcome, Said::Outcome::fault) << word;
        EXPECT_EQ(said.because, because) << word;
        EXPECT_TRUE(said.conditions.empty() && said.happenings.empty() && said.fields.empty() &&
                    said.gauges.empty());
        EXPECT_EQ(look("calm").outcome, Said::Outcome::ok) << "after " << word;
    }

 private:
    Cage cage_;
    Plugin plugin_ = (cage_.put("garbage"), cage_.only());
};

TEST_F(Garbage, ThatCannotBeTakenInIsAFault) {
    for (const auto& [word, because] : kAnswers) expect_fault(word, std::string{kIntake} + because);
}

TEST_F(Garbage, ThatContradictsItselfIsAFault) {
    for (const auto& [word, because] : kWrongs) expect_fault(word, because);
}

TEST_F(Garbage, AsAReasonIsCutShort) {
    const auto said = look("long_reason");
    EXPECT_EQ(said.outcome, Said::Outcome::fault);
    EXPECT_EQ(said.because, std::string(1000, 'r'));
}

} // namespace
} // namespace dmev
