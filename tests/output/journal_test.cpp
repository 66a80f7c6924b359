// SPDX-License-Identifier: Apache-2.0
#include "output/journal.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "output/output.hpp"

namespace dmev {
namespace {

Event low_water() {
    Event event;
    event.id = "id-1";
    event.type = "thin.low_water";
    event.severity = Severity::warning;
    event.state = State::raised;
    event.message = "thin pool evil\nPRIORITY=0: 240 of 1024 blocks free";
    event.device = DeviceId{"evil\nPRIORITY=0", "LVM-1", {253, 1}, std::nullopt};
    return event;
}

bool has(const std::vector<std::string>& fields, const std::string& field) {
    return std::find(fields.begin(), fields.end(), field) != fields.end();
}

TEST(Journal, FieldsSayWhatCanBeLookedFor) {
    const auto event = low_water();
    const auto fields = journal_fields(event);
    EXPECT_TRUE(has(fields, "PRIORITY=4"));
    EXPECT_TRUE(has(fields, "DMEVENT_TYPE=thin.low_water"));
    EXPECT_TRUE(has(fields, "DMEVENT_SEVERITY=warning"));
    EXPECT_TRUE(has(fields, "DMEVENT_STATE=raised"));
    EXPECT_TRUE(has(fields, "DMEVENT_ID=id-1"));
    EXPECT_TRUE(has(fields, "DMEVENT_UUID=LVM-1"));
    EXPECT_TRUE(has(fields, "DMEVENT_DEVICE=evil\nPRIORITY=0"))
        << "the kernel's own bytes, sent with their length";
    EXPECT_TRUE(has(fields, "DMEVENT_JSON=" + event_json(event)));
}

TEST(Journal, AnEventOfTheProgramItselfHasNoDevice) {
    auto event = low_water();
    event.device.reset();
    for (const auto& field : journal_fields(event))
        EXPECT_FALSE(field.starts_with("DMEVENT_DEVICE")) << field;
}

TEST(Journal, TheLineIsOneLineWhateverANameHolds) {
    const auto line = syslog_line(low_water());
    EXPECT_EQ(line, "warning thin.low_water: thin pool evil\\x0aPRIORITY=0: 240 of 1024 blocks free");
    EXPECT_TRUE(has(journal_fields(low_water()), "MESSAGE=" + line));
}

TEST(Journal, PriorityFollowsSeverityAndAnEndIsANotice) {
    const std::pair<Severity, const char*> table[] = {{Severity::info, "PRIORITY=6"},
                                                      {Severity::notice, "PRIORITY=5"},
                                                      {Severity::warning, "PRIORITY=4"},
                                                      {Severity::error, "PRIORITY=3"},
                                                      {Severity::critical, "PRIORITY=2"}};
    for (const auto& [severity, priority] : table) {
        auto event = low_water();
        event.severity = severity;
        EXPECT_TRUE(has(journal_fields(event), priority));
        event.state = State::cleared;
        EXPECT_TRUE(has(journal_fields(event), "PRIORITY=5"));
    }
}

} // namespace
} // namespace dmev
