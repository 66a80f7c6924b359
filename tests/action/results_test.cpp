// SPDX-License-Identifier: Apache-2.0
#include "action/results.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "support.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;
using What = StepResult::What;

Ended ended(Ended::How how, int status = 0, std::string why = "") {
    Ended e;
    e.how = how;
    e.status = status;
    e.why = std::move(why);
    e.duration = 400ms;
    return e;
}

TEST(Failure, SaysWhatWentWrong) {
    using How = Ended::How;
    const std::pair<Ended, const char*> cases[] = {
        {ended(How::exited, 5), "exit status 5"},
        {ended(How::exited, 0, "left 2 children behind"), ""},
        {ended(How::exited, 1, "left 2 children behind"), "exit status 1 (left 2 children behind)"},
        {ended(How::signalled, SIGKILL), "ended by SIGKILL"},
        {ended(How::signalled, 200), "ended by signal 200"},
        {ended(How::not_started, ENOENT, "exec"), "could not be started: exec: No such file or directory"},
        {ended(How::refused, 0, "dmeventd acts on it"), "dmeventd acts on it"},
        {ended(How::refused), "somebody else manages the device"},
        {ended(How::lost), "its end was not seen"},
        {ended(How::lost, 0, "it hangs in the kernel"), "its end was not seen (it hangs in the kernel)"},
    };
    for (const auto& [end, why] : cases) EXPECT_EQ(failure(end).value_or(""), why);
    auto late = ended(How::signalled, SIGTERM);
    late.timed_out = true;
    late.duration = 31s;
    EXPECT_EQ(failure(late), "timed out after 31.0 s, ended by SIGTERM");
    late.how = How::exited;
    late.status = 0;
    EXPECT_EQ(failure(late), "timed out after 31.0 s, exit status 0") << "too late is not well";
}

class ResultEvent : public testing::Test {
 protected:
    ResultEvent() {
        job.rule = "grow";
        job.action = "act.grow";
        job.attempt = 1;
        job.coalesced = 3;
        job.argv = {"/bin/act", "a b"};
        job.event = acting::event();
    }
    Event event() { return result_event(job, result, catalogue, acting::at(200)); }
    static std::string text(const Event& event, std::string_view name) {
        const auto* value = find_field(event.data, name);
        return value ? value->text() : "(none)";
    }
    JobNote job;
    StepResult result;
    Catalogue catalogue;
};

TEST_F(ResultEvent, FinishedHasWhatItWasAbout) {
    result.ended = ended(Ended::How::exited);
    result.ended->output = "resized\n";
    result.ended->output_bytes = 8;
    const auto e = event();
    EXPECT_EQ(e.type, "action.finished");
    EXPECT_EQ(e.severity, Severity::info);
    EXPECT_EQ(e.state, State::happened);
    EXPECT_EQ(e.source, "action");
    EXPECT_EQ(e.time, acting::at(200));
    EXPECT_EQ(e.id, "");
    EXPECT_EQ(e.message, "rule 'grow': act.grow finished after 0.4 s");
    ASSERT_TRUE(e.device);
    EXPECT_EQ(e.device->name, "vg0-pool1");
    ASSERT_TRUE(e.target);
    EXPECT_EQ(e.target->type, "act");
    const std::pair<const char*, const char*> data[] = {
        {"rule", "grow"},     {"action", "act.grow"}, {"event", "event-1"},    {"event_type", "act.low"},
        {"attempt", "1"},     {"coalesced", "3"},     {"program", "/bin/act"}, {"argv", "/bin/act, a b"},
        {"exit_status", "0"}, {"duration_ms", "400"}, {"output", "resized\n"}, {"output_bytes", "8"},
    };
    for (const auto& [name, value] : data) EXPECT_EQ(text(e, name), value) << name;
    EXPECT_EQ(e.data.size(), std::size(data));
}

TEST_F(ResultEvent, FailedNamesTheReasonTheLastLineAndTheNextAttempt) {
    result.what = What::failed;
    result.ended = ended(Ended::How::exited, 5);
    result.ended->output = "  first\n  no room in vg0  \n\n";
    result.ended->suspended = {"vg0-pool", "vg0-other"};
    result.why = *failure(*result.ended);
    result.retry_at = acting::at(260);
    result.attempts = 5;
    const auto e = event();
    EXPECT_EQ(e.type, "action.failed");
    EXPECT_EQ(e.severity, Severity::error);
    const auto clock = format_local(acting::at(260)).substr(11, 8);
    EXPECT_EQ(e.message,
              "rule 'grow': act.grow failed: exit status 5: no room in vg0; left suspended: "
              "vg0-pool, vg0-other; tried again at " +
                  clock + " (attempt 2 of 5)");
    EXPECT_EQ(text(e, "exit_status"), "5");
    EXPECT_EQ(text(e, "reason"), "exit status 5");
    EXPECT_EQ(text(e, "retry_at"), "1970-01-01T00:04:20.000000000Z");
    EXPECT_EQ(text(e, "suspended"), "vg0-pool, vg0-other");
    result.retry_at.reset();
    result.attempts = 1;
    EXPECT_TRUE(event().message.ends_with("; given up after 1 attempts")) << event().message;
}

TEST_F(ResultEvent, WhatIsToBeSaidOfAGoodEndIsSaid) {
    result.ended = ended(Ended::How::exited, 0, "it left 1 process behind, ended now");
    EXPECT_EQ(event().message,
              "rule 'grow': act.grow finished after 0.4 s; it left 1 process behind, ended now");
    EXPECT_EQ(text(event(), "note"), "it left 1 process behind, ended now");
    result.what = What::failed;
    result.ended->status = 1;
    result.why = *failure(*result.ended);
    EXPECT_EQ(event().message,
              "rule 'grow': act.grow failed: exit status 1 (it left 1 process behind, ended now)");
    EXPECT_EQ(text(event(), "note"), "(none)");
}

TEST_F(ResultEvent, EachWayToEndHasItsField) {
    result.what = What::failed;
    result.ended = ended(Ended::How::signalled, SIGTERM);
    result.ended->timed_out = true;
    EXPECT_EQ(text(event(), "signal"), "15");
    EXPECT_EQ(text(event(), "timed_out"), "yes");
    EXPECT_EQ(text(event(), "exit_status"), "(none)");
    result.ended = ended(Ended::How::not_started, EACCES, "exec");
    EXPECT_EQ(text(event(), "error"), "could not be started: exec: Permission denied");
    result.ended = ended(Ended::How::lost);
    EXPECT_EQ(text(event(), "error"), "its end was not seen");
}

TEST_F(ResultEvent, RefusedWasNotRun) {
    result.what = What::failed;
    result.refused = true;
    result.why = "the status says so";
    const auto e = event();
    EXPECT_EQ(e.message, "rule 'grow': act.grow was not run: the status says so");
    EXPECT_EQ(text(e, "refused"), "yes");
    EXPECT_EQ(text(e, "reason"), "the status says so");
    EXPECT_EQ(text(e, "duration_ms"), "(none)");
}

TEST_F(ResultEvent, NoEffectNamesWhatIsNotSo) {
    result.what = What::no_effect;
    result.why = "data has not grown";
    result.ended = ended(Ended::How::exited);
    auto e = event();
    EXPECT_EQ(e.type, "action.no_effect");
    EXPECT_EQ(e.severity, Severity::error);
    EXPECT_EQ(e.message,
              "rule 'grow': act.grow ended well after 0.4 s but had no effect: data has not grown");
    result.ended->output = "nothing to do";
    EXPECT_TRUE(event().message.ends_with("data has not grown: nothing to do"));
}

TEST_F(ResultEvent, OverdueTellsForHowLong) {
    result.what = What::overdue;
    result.ran = 61s;
    const auto e = event();
    EXPECT_EQ(e.type, "action.overdue");
    EXPECT_EQ(e.message,
              "rule 'grow': act.grow runs for 61.0 s by now, longer than it should, and is left to finish");
    EXPECT_EQ(text(e, "duration_ms"), "61000");
}

TEST_F(ResultEvent, OtherManagersGoneDevicesChainsAndAdoption) {
    result.ended = ended(Ended::How::exited);
    result.ended->duration = 12ms;
    result.ended->managed_by = "multipathd";
    result.target_gone = result.adopted = true;
    job.event.type = "action.failed";
    const auto e = event();
    EXPECT_EQ(
        e.message,
        "rule 'grow': act.grow finished after 12 ms; its target is gone; it was done through multipathd");
    EXPECT_EQ(text(e, "managed_by"), "multipathd");
    EXPECT_EQ(text(e, "target_gone"), "yes");
    EXPECT_EQ(text(e, "chain"), "yes");
    EXPECT_EQ(text(e, "adopted"), "yes");
    EXPECT_EQ(text(event(), "refused"), "(none)");
}

TEST_F(ResultEvent, WhatIsNotKnownIsNotInvented) {
    job = {};
    result.adopted = true;
    result.ended = ended(Ended::How::exited);
    const auto e = event();
    EXPECT_EQ(e.message, "a program that an earlier run left behind finished after 0.4 s");
    EXPECT_FALSE(e.device);
    EXPECT_EQ(text(e, "program"), "(none)");
}

TEST_F(ResultEvent, WarningsAreTheReasonOnlyWhereThereIsNoOther) {
    const std::pair<const char*, const char*> table[] = {
        {"no room\n  WARNING: not backed up.\n  WARNING: twice\n", ": no room"},
        {"WARNING: first\nno room\n", ": no room"},
        {"WARNING: first\n\n  WARNING: last\n", ": WARNING: last"},
        {"one\r\n\r\nWARNING: x", ": one"},
    };
    for (const auto& [output, end] : table) {
        result.what = What::failed;
        result.ended = ended(Ended::How::exited, 5);
        result.ended->output = output;
        EXPECT_TRUE(event().message.ends_with(end)) << event().message;
    }
}

TEST_F(ResultEvent, OutputIsItsTailAndTheMessageStaysShort) {
    result.what = What::failed;
    result.ended = ended(Ended::How::exited, 1);
    result.ended->output = std::string(8000, 'x') + "end";
    result.ended->output_bytes = 100'000'000;
    const auto e = event();
    const auto output = text(e, "output");
    EXPECT_EQ(output.size(), 2048U);
    EXPECT_TRUE(output.ends_with("xend"));
    EXPECT_EQ(text(e, "output_bytes"), "100000000");
    EXPECT_LT(e.message.size(), 400U);
    EXPECT_TRUE(e.message.ends_with("..."));
    result.ended->output = "\n \r\n";
    EXPECT_TRUE(event().message.ends_with("failed: "));
}

} // namespace
} // namespace dmev
