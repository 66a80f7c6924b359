// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "model/event_json.hpp"
#include "output/samples.hpp"
#include "output/text_parts.hpp"

namespace dmev {
namespace {

TEST(ParseEvent, ReadsBackWhatWasWritten) {
    for (const auto& event : {test::low_water(), test::path_failed(), test::overrun()}) {
        const auto parsed = parse_event(event_json(event));
        ASSERT_TRUE(parsed) << parsed.error().text();
        EXPECT_EQ(event_json(*parsed), event_json(event));
        EXPECT_EQ(parsed->kernel.has_value(), event.kernel.has_value());
        EXPECT_EQ(parsed->uevent.has_value(), event.uevent.has_value());
    }
}

TEST(ParseEvent, KeepsTheBytesOfAName) {
    const auto parsed = parse_event(event_json(test::hostile()));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->device->name, test::hostile().device->name);
    EXPECT_EQ(parsed->device->uuid, test::hostile().device->uuid);
}

TEST(ParseEvent, SaysWhatIsWrong) {
    const std::pair<const char*, const char*> table[] = {
        {"", "at byte 1"},
        {"[]", "not an object"},
        {"{}", "type is missing"},
        {R"({"type":5})", "type is not a string"},
        {R"({"type":"a.b","severity":"loud"})", "severity is none of info, notice"},
        {R"({"type":"a.b","severity":"info","state":"was"})", "state is none of raised"},
        {R"({"type":"a.b","severity":"info","state":"raised","initial":1})", "initial is neither"},
        {R"({"type":"a.b","severity":"info","state":"raised","time":"noon"})", "time is not of the form"},
        {R"({"type":"a.b","severity":"info","state":"raised","device":7})", "device is not an object"},
        {R"({"type":"a.b","severity":"info","state":"raised","device":{"name":"a","major":-1}})",
         "major is not"},
        {R"({"type":"a.b","severity":"info","state":"raised","device":{"name":"a","name_hex":"6"}})",
         "name_hex"},
        {R"({"type":"a.b","severity":"info","state":"raised","data":{"a":{}}})", "no event has"},
        {R"({"type":"a.b","severity":"info","state":"raised","kernel":{"event_nr":"x"}})", "event_nr is not"},
        {R"({"type":"a.b","severity":"info","state":"raised","uevent":{"seqnum":-1}})", "seqnum is not"},
        {R"({"schema":"dmevent-query/1"})", "schema"},
    };
    for (const auto& [json, why] : table) {
        const auto parsed = parse_event(json);
        ASSERT_FALSE(parsed) << json;
        EXPECT_NE(parsed.error().text().find(why), std::string::npos) << parsed.error().text();
    }
}

TEST(DecisionText, CanBeTypedByHandAndHoldsNoControlBytes) {
    auto decision = test::decision();
    decision.steps[0].argv = {"/bin/echo", "plain-1.5/x", "it's", "", "a\nb\x1b"};
    const auto text = text::decision(decision, true);
    EXPECT_NE(text.find("would run /bin/echo plain-1.5/x 'it'\\''s' '' 'a\\x0ab\\x1b'"), std::string::npos)
        << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

// What does not follow its event says itself when it is, and of which device.
TEST(DecisionText, StandsBelowItsEventOrByItself) {
    std::string out;
    const auto text = text_output([&](std::string&& lines) { out += lines; }, {});
    const auto said = [&](const Decision& decision) {
        out.clear();
        text->decision(decision);
        return out.substr(0, out.find('\n'));
    };
    auto late = test::decision();
    late.why = "held for 10s";
    const auto by_itself = format_local(late.time) + "  rule 'grow' fires for vg-pool: held for 10s";
    EXPECT_EQ(said(late), by_itself) << "there was no event";
    text->event(test::low_water());
    EXPECT_EQ(said(late), "    rule 'grow' fires for vg-pool: held for 10s");
    late.event += "-other";
    EXPECT_EQ(said(late), by_itself);
    EXPECT_EQ(said(test::decision()), format_local(late.time) + "  rule 'grow' fires for vg-pool: raised")
        << "below the line before it would be below another event's";
    text->event(test::low_water());
    EXPECT_EQ(said(test::waiting()),
              "    rule 'grow' waits: raised, until " + format_local(test::low_water().time));
}

} // namespace
} // namespace dmev
