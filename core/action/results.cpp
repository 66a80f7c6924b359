// SPDX-License-Identifier: Apache-2.0
#include "action/results.hpp"

#include <fmt/format.h>

#include <cstring>

#include "base/text.hpp"

namespace dmev {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t longest_output = 2048; // of the tail, in an event
constexpr std::size_t longest_line = 200;    // of the last line, in a message

std::string seconds(milliseconds duration) {
    const auto s = static_cast<double>(duration.count()) / 1000;
    if (s < 0.1) return fmt::format("{} ms", duration.count());
    return s < 100 ? fmt::format("{:.1f} s", s) : fmt::format("{:.0f} s", s);
}

std::string signal_name(int signal) {
    const char* name = sigabbrev_np(signal);
    return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

// The last line that says something; programs like lvm print their reason there.
// What it said at the end, which is why it failed; but warnings, with which LVM ends whatever came of it,
// only where there is nothing else.
std::string last_line(std::string_view output) {
    constexpr std::string_view blank = " \t\r\n";
    std::string_view found;
    for (auto rest = output;;) {
        const auto end = rest.find_last_not_of(blank);
        if (end == rest.npos) break;
        rest = rest.substr(0, end + 1);
        const auto begin = rest.find_last_of("\r\n") + 1; // npos + 1 is 0
        auto line = rest.substr(begin);
        line.remove_prefix(line.find_first_not_of(blank));
        const bool warns = line.starts_with("WARNING:");
        if (found.empty() || !warns) found = line;
        if (!warns) break;
        rest = rest.substr(0, begin);
    }
    if (found.size() <= longest_line) return std::string{found};
    return std::string{found.substr(0, longest_line)} + "...";
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

Value list(const std::vector<std::string>& words) {
    Value::List out;
    for (const auto& word : words) out.push_back({word});
    return {std::move(out)};
}

const char* type_name(StepResult::What what) {
    switch (what) {
        case StepResult::What::finished: return "action.finished";
        case StepResult::What::failed: return "action.failed";
        case StepResult::What::no_effect: return "action.no_effect";
        case StepResult::What::overdue: return "action.overdue";
    }
    return "action.failed";
}

std::string outcome(const StepResult& result) {
    const auto after = result.ended ? " after " + seconds(result.ended->duration) : "";
    switch (result.what) {
        case StepResult::What::finished:
            return "finished" + after + (result.target_gone ? "; its target is gone" : "");
        case StepResult::What::failed: return (result.refused ? "was not run: " : "failed: ") + result.why;
        case StepResult::What::no_effect: return "ended well" + after + " but had no effect: " + result.why;
        case StepResult::What::overdue:
            return fmt::format("runs for {} by now, longer than it should, and is left to finish",
                               seconds(result.ran.value_or(milliseconds{0})));
    }
    return {};
}

// What is to be said of an end all the same, though it was a good one.
std::string note_of(const Ended& ended) { return failure(ended) ? "" : ended.why; }

std::string message(const JobNote& job, const StepResult& result) {
    auto out = job.rule.empty() ? std::string{"a program that an earlier run left behind"}
                                : fmt::format("rule '{}': {}", job.rule, job.action);
    out += " " + outcome(result);
    if (result.ended) {
        const auto& ended = *result.ended;
        if (!ended.managed_by.empty()) out += "; it was done through " + ended.managed_by;
        if (result.what != StepResult::What::finished)
            if (const auto line = last_line(ended.output); !line.empty()) out += ": " + line;
        if (const auto note = note_of(ended); !note.empty()) out += "; " + note;
        if (!ended.suspended.empty()) out += "; left suspended: " + joined(ended.suspended);
    }
    if (result.retry_at)
        out += fmt::format("; tried again at {} (attempt {} of {})",
                           format_local(*result.retry_at).substr(11, 8), job.attempt + 1, result.attempts);
    else if (result.attempts > 0 && job.attempt >= result.attempts)
        out += fmt::format("; given up after {} attempts", job.attempt);
    return out;
}

void put_end(Fields& data, const Ended& ended) {
    const auto number = [](auto n) { return Value{static_cast<std::int64_t>(n)}; };
    switch (ended.how) {
        case Ended::How::exited: set_field(data, "exit_status", number(ended.status)); break;
        case Ended::How::signalled: set_field(data, "signal", number(ended.status)); break;
        case Ended::How::not_started:
        case Ended::How::refused:
        case Ended::How::lost: set_field(data, "error", Value{*failure(ended)}); break;
    }
    set_field(data, "duration_ms", number(ended.duration.count()));
    if (auto note = note_of(ended); !note.empty()) set_field(data, "note", Value{std::move(note)});
    if (ended.timed_out) set_field(data, "timed_out", Value{true});
    if (!ended.managed_by.empty()) set_field(data, "managed_by", Value{ended.managed_by});
    if (!ended.output.empty()) {
        const auto cut = ended.output.size() - std::min(ended.output.size(), longest_output);
        set_field(data, "output", Value{ended.output.substr(cut)});
    }
    set_field(data, "output_bytes", Value{ended.output_bytes});
    if (!ended.suspended.empty()) set_field(data, "suspended", list(ended.suspended));
}

} // namespace

std::optional<std::string> failure(const Ended& ended) {
    std::string out;
    if (ended.timed_out) out = "timed out after " + seconds(ended.duration) + ", ";
    switch (ended.how) {
        case Ended::How::exited:
            if (ended.status == 0 && !ended.timed_out) return std::nullopt;
            out += fmt::format("exit status {}", ended.status);
            break;
        case Ended::How::signalled: out += "ended by " + signal_name(ended.status); break;
        case Ended::How::not_started:
            out += "could not be started";
            if (!ended.why.empty()) out += ": " + ended.why;
            if (ended.status != 0) out += fmt::format(": {}", std::strerror(ended.status));
            return out;
        case Ended::How::refused: return ended.why.empty() ? "somebody else manages the device" : ended.why;
        case Ended::How::lost: out += "its end was not seen"; break;
    }
    if (!ended.why.empty()) out += " (" + ended.why + ")";
    return out;
}

Event result_event(const JobNote& job, const StepResult& result, const Catalogue& catalogue, Time now) {
    Event event;
    event.time = now;
    event.type = type_name(result.what);
    if (const auto* type = catalogue.find(event.type)) event.severity = type->severity;
    event.source = "action";
    event.device = job.event.device;
    event.target = job.event.target;
    event.message = message(job, result);

    auto& data = event.data;
    set_field(data, "rule", Value{job.rule});
    set_field(data, "action", Value{job.action});
    set_field(data, "event", Value{job.event.id});
    set_field(data, "event_type", Value{job.event.type});
    set_field(data, "attempt", Value{std::uint64_t{job.attempt}});
    set_field(data, "coalesced", Value{std::uint64_t{job.coalesced}});
    if (!job.argv.empty()) {
        set_field(data, "program", Value{job.argv.front()});
        set_field(data, "argv", list(job.argv));
    }
    if (!result.why.empty()) set_field(data, "reason", Value{result.why});
    if (result.refused) set_field(data, "refused", Value{true});
    if (result.ran) set_field(data, "duration_ms", Value{std::int64_t{result.ran->count()}});
    if (result.ended) put_end(data, *result.ended);
    if (result.target_gone) set_field(data, "target_gone", Value{true});
    if (result.retry_at) set_field(data, "retry_at", Value{format_utc(*result.retry_at)});
    if (job.event.type.starts_with("action.")) set_field(data, "chain", Value{true});
    if (result.adopted) set_field(data, "adopted", Value{true});
    return event;
}

} // namespace dmev
