// SPDX-License-Identifier: Apache-2.0
// After a program has ended well: does a reading show what it was run for? Until that is known, its lock is
// held, so that nothing else changes the device meanwhile.
#include <array>

#include "action/postcondition.hpp"
#include "action/runner_impl.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

// The kernel may show an effect a little late; the waits between one reading and the next.
constexpr std::array<Duration, 4> read_again_after{250ms, 500ms, 1s, 2s};

} // namespace

std::optional<TargetFacts> Runner::Impl::target_of(const Event& event) const {
    if (!event.device || !event.target) return std::nullopt;
    return ports.target(*event.device, event.target->index);
}

void Runner::Impl::program_over(const std::string& id, Ended&& ended) {
    if (concluded.erase(id) > 0) return programs.done(id);
    const auto it = active.find(id);
    if (it == active.end()) return;
    auto& job = it->second;
    if (std::exchange(job.has_slot, false)) queue.give_slot();
    if (put_off(id, ended)) return;
    StepResult result;
    if (auto why = failure(ended)) {
        result.what = StepResult::What::failed;
        result.why = *std::move(why);
        result.refused = ended.how == Ended::How::refused;
    }
    job.ended = std::move(ended);
    if (result.what == StepResult::What::finished && !job.note.expect.empty() && job.note.event.device)
        return await_effect(id, job);
    conclude(id, std::move(result));
}

void Runner::Impl::await_effect(const std::string& id, Active& job) {
    job.ended_at = job.asked_for = ports.clock();
    job.deadline = loop.after(effect_within, [this, id] {
        const Turn turn{*this};
        effect_deadline(id);
    });
    if (target_of(job.note.event))
        ports.read_again(job.note.event.device->number, job.ended_at);
    else
        check(id);
}

void Runner::Impl::check(const std::string& id) {
    auto& job = active.at(id);
    const auto facts = target_of(job.note.event);
    // A repair may replace it: a mirror that lost a leg becomes linear.
    if (!facts || facts->text.type != job.note.event.target->type) {
        StepResult result;
        result.target_gone = true;
        return conclude(id, std::move(result));
    }
    if (facts->read <= job.ended_at) return; // from before its end
    auto why = unmet(job.note.expect, job.note.before, *facts);
    if (!why) return conclude(id, {});
    job.unmet = *std::move(why);
    // A reading that came for another reason, and early, does not use up ours.
    if (const auto now = ports.clock(); now >= job.asked_for) {
        if (job.reads == read_again_after.size()) return;
        job.asked_for = now + read_again_after[job.reads++];
    }
    ports.read_again(job.note.event.device->number, job.asked_for);
}

void Runner::Impl::effect_deadline(const std::string& id) {
    check(id);
    const auto it = active.find(id);
    if (it == active.end()) return;
    StepResult result;
    result.what = StepResult::What::no_effect;
    result.why = it->second.unmet;
    conclude(id, std::move(result));
}

void Runner::Impl::conclude(const std::string& id, StepResult result) {
    auto node = active.extract(id);
    auto& job = node.mapped();
    loop.cancel(job.deadline);
    if (job.ended && job.ended->stuck)
        stuck.emplace(node.key(), job.note.lock); // what it did to its devices is not over
    else
        queue.give_lock(job.note.lock);
    result.ended = std::move(job.ended);
    result.adopted = job.adopted;
    if (job.run) {
        step_over(*job.run, result, job.note);
    } else {
        ports.event(result_event(job.note, result, catalogue, ports.clock()));
        if (job.row) news.push_back({"run", "job/" + node.key(), ""});
    }
    remember();
    programs.done(node.key()); // not before: who dies now has its end reported by a successor
}

} // namespace dmev
