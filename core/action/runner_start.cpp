// SPDX-License-Identifier: Apache-2.0
// A step's program is started; or, where the machine lacks what that takes, is put off until it has it again.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "action/runner_impl.hpp"

namespace dmev {

StepResult step_failed(std::string why, bool refused) {
    StepResult result;
    result.what = StepResult::What::failed;
    result.why = std::move(why);
    result.refused = refused;
    return result;
}

std::string Runner::Impl::next_id() {
    // The time keeps it from those of an earlier instance, which may still run.
    return fmt::format("{:x}-{}", ports.clock().time_since_epoch().count(), ++last_program);
}

// A hook may have waited long: it is planned once more, on what is true now. False: it is not to be started.
bool Runner::Impl::ready_to_start(RunId id, Run& run, const Queue::Next& next) {
    if (run.step().hook.empty()) return true;
    auto now = run.firing;
    if (now.event.state == State::raised) {
        auto current = ports.current(now.event);
        if (!current) {
            log::debug("rule '{}': {} is not run: {} is no longer so", escape(now.rule->settings.name.text),
                       run.step().name, now.event.type);
            next_step(id, run);
            return false;
        }
        current->id = std::move(now.event.id);
        now.event = *std::move(current);
    }
    run.job = plan(now, run.step(), plugins, target_of(now.event), ports.to_json);
    if (run.job.kind != Job::Kind::program) {
        not_planned(id, run);
        return false;
    }
    if (run.job.lock == next.lock) return true;
    if (run.moved) {
        step_over(id, step_failed("its lock is another each time that it is planned"), note_of(run));
        return false;
    }
    run.moved = true;
    queue.add(id, run.firing.event.severity, run.job.lock);
    return false;
}

void Runner::Impl::start(const Queue::Next& next) {
    auto& run = runs.at(next.run);
    const auto give_back = [&] {
        queue.give_slot();
        queue.give_lock(next.lock);
    };
    if (!ready_to_start(next.run, run, next)) return give_back();
    Active job;
    job.run = next.run;
    job.note = note_of(run);
    if (!job.note.expect.empty())
        if (auto facts = target_of(run.firing.event)) job.note.before = *std::move(facts);
    const auto id = next_id();
    job.note.remembered = static_cast<bool>(ports.remember);
    run.job.program.note = write_note(job.note);
    run.program = id;
    touched.insert(next.run);
    remember();
    if (auto started = programs.start(id, run.job.program); !started) {
        give_back();
        const auto& error = started.error();
        if (error.kind != ErrorKind::bad_config && put_off(next.run, error.text(), error.kind)) return;
        return step_over(next.run, step_failed("could not be started: " + error.text()), job.note);
    }
    active.emplace(id, std::move(job));
}

// Nothing was begun. Whoever would give up at once would lose a step for a moment's want of processes, memory
// or descriptors. False: it lasts too long.
bool Runner::Impl::put_off(RunId id, const std::string& why, ErrorKind kind) {
    auto& run = runs.at(id);
    // Whose launcher is gone waits for the next one; its own says by its end that this instance ends too.
    if (run.put_off >= most_put_off && kind != ErrorKind::unavailable) return false;
    if (run.put_off == 0)
        log::warning("rule '{}': {} could not be started: {}; it is tried again",
                     escape(run.firing.rule->settings.name.text), run.step().name, why);
    const auto pause = start_again * (1 << std::min(run.put_off++, most_put_off - 1));
    run.program.clear();
    run.restored = false;
    touched.insert(id);
    run.again = loop.after(pause, [this, id] {
        const Turn turn{*this};
        runs.at(id).again = 0;
        ready.push_back(id);
    });
    return true;
}

// It has ended without having been executed, for want of what may be there again in a moment.
bool Runner::Impl::put_off(const std::string& id, const Ended& ended) {
    constexpr int wants[] = {EAGAIN, ENOMEM, EMFILE, ENFILE, ENOBUFS, EPIPE};
    auto& job = active.at(id);
    if (!job.run || ended.how != Ended::How::not_started ||
        std::find(std::begin(wants), std::end(wants), ended.status) == std::end(wants))
        return false;
    if (!put_off(*job.run, *failure(ended), ErrorKind::failed)) return false;
    queue.give_lock(job.note.lock);
    active.erase(id);
    remember();
    programs.done(id);
    return true;
}

} // namespace dmev
