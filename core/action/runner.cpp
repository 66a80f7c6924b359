// SPDX-License-Identifier: Apache-2.0
#include "action/runner.hpp"

#include <fmt/format.h>

#include "action/runner_impl.hpp"

namespace dmev {

JobNote Runner::Impl::note_of(const Run& run) const {
    const auto& firing = run.firing;
    JobNote note;
    note.rule = firing.rule->settings.name.text;
    note.action = run.step().name;
    note.attempt = firing.attempt;
    note.coalesced = firing.coalesced;
    note.event.id = firing.event.id;
    note.event.type = firing.event.type;
    note.event.severity = firing.event.severity;
    note.event.device = firing.event.device;
    note.event.target = firing.event.target;
    note.lock = run.job.lock;
    note.argv = run.job.program.argv;
    note.expect = run.job.expect;
    return note;
}

void Runner::Impl::settle() {
    while (begun) {
        if (!ready.empty()) {
            const auto id = ready.front();
            ready.pop_front();
            advance(id);
        } else if (const auto next = queue.next(limits.programs)) {
            start(*next);
        } else if (const auto victim = queue.overflow(limits.queue)) {
            step_over(*victim,
                      step_failed(fmt::format("{} runs wait already, as many as limits: queue: allows",
                                              limits.queue)),
                      note_of(runs.at(*victim)));
        } else {
            return;
        }
    }
}

void Runner::Impl::advance(RunId id) {
    auto& run = runs.at(id);
    if (run.at >= run.firing.steps.size()) return close(id, std::nullopt, {});
    if (std::exchange(run.restored, false) && run.at == 0 && !still_so(run.firing.event)) {
        log::info("rule '{}': {} is no longer so, and was not begun before the restart",
                  escape(run.firing.rule->settings.name.text), run.firing.event.type);
        return close(id, std::nullopt, {});
    }
    run.moved = false;
    run.job = plan(run.firing, run.step(), plugins, target_of(run.firing.event), ports.to_json);
    switch (run.job.kind) {
        case Job::Kind::program: queue.add(id, run.firing.event.severity, run.job.lock); break;
        case Job::Kind::log:
            if (log::enabled(run.job.level)) log::write(run.job.level, run.job.line);
            next_step(id, run);
            break;
        case Job::Kind::refused:
        case Job::Kind::fault: not_planned(id, run); break;
    }
}

// A hook that does not apply says so; but a reminder of what is done already is no news.
void Runner::Impl::not_planned(RunId id, Run& run) {
    const bool refused = run.job.kind == Job::Kind::refused;
    if (!refused || run.firing.reminder == 0)
        return step_over(id, step_failed(run.job.why, refused), note_of(run));
    log::debug("rule '{}': {} is not run again: {}", escape(run.firing.rule->settings.name.text),
               run.step().name, escape(run.job.why));
    next_step(id, run);
}

void Runner::Impl::step_over(RunId id, const StepResult& result, const JobNote& note) {
    auto& run = runs.at(id);
    run.program.clear();
    run.restored = false;
    const bool for_good = result.refused || run.job.kind == Job::Kind::fault;
    if (result.what != StepResult::What::finished) {
        run.outcome.ok = false;
        if (!for_good && run.at < run.firing.steps.size())
            run.outcome.failed.push_back(run.firing.steps[run.at]);
    }
    if (run.last()) return close(id, result, note);
    next_step(id, run);
    ports.event(result_event(note, result, catalogue, ports.clock()));
}

void Runner::Impl::next_step(RunId id, Run& run) {
    ++run.at;
    run.put_off = 0;
    touched.insert(id);
    ready.push_back(id);
}

// The run ends first, since only then is it known whether its failed steps are tried again.
void Runner::Impl::close(RunId id, std::optional<StepResult> result, const JobNote& note) {
    const auto node = runs.extract(id);
    const auto& run = node.mapped();
    touched.erase(id);
    if (run.written) news.push_back({"run", std::to_string(run.firing.id), ""});
    const auto rule = run.firing.rule->settings.name.text;
    const auto retry = run.firing.rule->settings.retry;
    const auto again = ports.ended(run.firing.id, run.outcome);
    const auto attempts = retry ? retry->attempts : 0;
    if (result && again && result->what != StepResult::What::finished && !result->refused &&
        run.job.kind != Job::Kind::fault) {
        result->retry_at = again;
        result->attempts = attempts;
    } else if (again) {
        log::info("rule '{}': what failed is tried again at {} (attempt {} of {})", escape(rule),
                  format_local(*again).substr(11, 8), run.firing.attempt + 1, attempts);
    } else if (result && retry && !result->refused && result->what != StepResult::What::finished)
        result->attempts = attempts; // they are used up, or what they were for is over
    if (result) ports.event(result_event(note, *result, catalogue, ports.clock()));
}

Runner::Runner(Loop& loop, Programs& programs, std::span<const Plugin> plugins, const Catalogue& catalogue,
               LimitSettings limits, Ports ports, Millis effect_within, Millis start_again)
    : impl_(std::make_unique<Impl>(loop, programs, plugins, catalogue, limits, std::move(ports),
                                   effect_within, start_again)) {}

Runner::~Runner() {
    for (const auto& [id, job] : impl_->active) impl_->loop.cancel(job.deadline);
    for (const auto& [id, run] : impl_->runs) impl_->loop.cancel(run.again);
}

void Runner::run(Firing&& firing) {
    const Impl::Turn turn{*impl_};
    const auto id = ++impl_->last_run;
    Impl::Run run;
    run.firing = std::move(firing);
    impl_->runs.emplace(id, std::move(run));
    impl_->touched.insert(id);
    impl_->ready.push_back(id);
}

void Runner::limit(LimitSettings limits) {
    const Impl::Turn turn{*impl_};
    impl_->limits = limits;
}

void Runner::adopt() {
    const Impl::Turn turn{*impl_};
    for (const auto& found : impl_->programs.adopt()) impl_->attach(std::nullopt, found);
}

void Runner::ended(const std::string& id, Ended&& ended) {
    const Impl::Turn turn{*impl_};
    impl_->program_over(id, std::move(ended));
}

// It keeps its lock, but what hangs must not keep all others from running.
void Runner::overdue(const std::string& id, std::chrono::milliseconds after) {
    const Impl::Turn turn{*impl_};
    const auto it = impl_->active.find(id);
    if (it == impl_->active.end()) return;
    auto& job = it->second;
    if (std::exchange(job.has_slot, false)) impl_->queue.give_slot();
    StepResult result;
    result.what = StepResult::What::overdue;
    result.ran = after;
    result.adopted = job.adopted;
    impl_->ports.event(result_event(job.note, result, impl_->catalogue, impl_->ports.clock()));
}

void Runner::released(const std::string& id) {
    const Impl::Turn turn{*impl_};
    if (const auto node = impl_->stuck.extract(id)) impl_->queue.give_lock(node.mapped());
}

void Runner::looked(DevNum device) {
    const Impl::Turn turn{*impl_};
    std::vector<std::string> about;
    for (const auto& [id, job] : impl_->active)
        if (job.ended && job.note.event.device && job.note.event.device->number == device)
            about.push_back(id);
    for (const auto& id : about) impl_->check(id);
}

bool Runner::idle() const { return impl_->runs.empty(); }

} // namespace dmev
