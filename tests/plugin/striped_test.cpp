// SPDX-License-Identifier: Apache-2.0
// The plugin in plain C, on lines of real kernels.
#include "zoo.hpp"

namespace dmev {
namespace {

class Striped : public testing::Test {
 protected:
    Striped() : plugin_((cage_.put("striped"), cage_.only())) {}
    Said look(std::string_view status) const {
        return plugin_.look(nullptr, {&device_, 0, 0, 16384, "striped", "", status});
    }
    Cage cage_;
    const DeviceId device_{"s", "", {253, 5}, {}};
    const Plugin plugin_;
};

TEST_F(Striped, NamesTheDeviceThatHadAnError) {
    const auto said = look("2 253:3 253:4 1 AD");
    ASSERT_EQ(said.outcome, Said::Outcome::ok);
    ASSERT_EQ(said.conditions.size(), 2u);
    EXPECT_EQ(said.conditions[0].truth, Truth::no);
    EXPECT_EQ(said.conditions[1].truth, Truth::yes);
    EXPECT_EQ(said.conditions[1].part, "1");
    EXPECT_EQ(find_field(said.conditions[1].more, "path")->text(), "253:4");
    EXPECT_EQ(find_field(said.fields, "stripes")->text(), "2");
    EXPECT_EQ(find_field(said.fields, "failed")->text(), "1");
}

TEST_F(Striped, MarksADeviceOnceForEachOfItsStripes) {
    const auto said = look("3 8:16 8:32 8:16 1 DAD");
    ASSERT_EQ(said.conditions.size(), 3u);
    EXPECT_EQ(find_field(said.fields, "failed")->text(), "2");
    EXPECT_EQ(find_field(said.conditions[2].more, "path")->text(), "8:16");
}

TEST_F(Striped, CountsBeyondOneDigit) {
    const auto said = look("12 8:1 8:2 8:3 8:4 8:5 8:6 8:7 8:8 8:9 8:10 8:11 8:12 1 AAAAAAAAAAAD ");
    ASSERT_EQ(said.conditions.size(), 12u);
    EXPECT_EQ(said.conditions[11].part, "11");
    EXPECT_EQ(said.conditions[11].truth, Truth::yes);
}

TEST_F(Striped, SaysWhatItDoesNotUnderstand) {
    for (const auto& [status, why] : {std::pair{"", "no number of stripes"},
                                      {"0 1 A", "no number of stripes"},
                                      {"99999999999999999999 8:1 1 A", "no number of stripes"},
                                      {"-2 8:1 8:2 1 AA", "no number of stripes"},
                                      {"3 8:1 8:2", "fewer devices than stripes"},
                                      {"2 8:1 8:2 2 AA", "not one group of letters"},
                                      {"2 8:1 8:2 1 AAA", "not one letter for each stripe"},
                                      {"2 8:1 8:2 1 AX", "a letter that is neither A nor D"},
                                      {"2 8:1 8:2 1 AA more", "words after the letters"}}) {
        const auto said = look(status);
        EXPECT_EQ(said.outcome, Said::Outcome::unknown) << status;
        EXPECT_EQ(said.because, why) << status;
        EXPECT_TRUE(said.conditions.empty()) << status;
    }
}

TEST_F(Striped, PlansToReadFromTheDeviceThatHadAnError) {
    const TargetView target{&device_, 0, 0, 16384, "striped", "", "2 253:3 253:4 1 AD"};
    Event event;
    event.type = "striped.device_failed";
    event.part = "1";
    event.data = {{"stripes", {std::uint64_t{2}}}, {"path", {std::string{"253:4"}}}};
    const auto planned = plugin_.plan(0, event, target, {});
    EXPECT_EQ(planned.argv, (std::vector<std::string>{"/bin/dd", "if=/dev/block/253:4", "of=/dev/null",
                                                      "bs=1M", "iflag=direct", "count=1"}));
    EXPECT_TRUE(planned.interruptible && planned.expect.empty());
    EXPECT_EQ(plugin_.plan(0, event, target, {{"megabytes", {std::uint64_t{64}}}}).argv.back(), "count=64");
    event.data.clear();
    EXPECT_EQ(plugin_.plan(0, event, target, {}).because, "the event names no device");
}

} // namespace
} // namespace dmev
