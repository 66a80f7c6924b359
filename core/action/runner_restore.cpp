// SPDX-License-Identifier: Apache-2.0
// What an earlier instance had under way: its programs, and its runs. Each program was written down before it
// was started, so that one that is not found can be claimed, and its step begun anew: no step is lost, and
// none is done twice.
#include <algorithm>

#include "action/runner_impl.hpp"

namespace dmev {
namespace {

constexpr const char* kind = "run";
constexpr std::string_view alone =
    "job/"; // keys of programs that are no run's; the others are firings' numbers

std::size_t hash_of(const std::string& value) { return std::hash<std::string>{}(value) | 1; }

// Whether RUN is about steps that RULE has.
bool fits(const RememberedRun& run, const Rule& rule) {
    const auto known = [&](const std::vector<std::uint32_t>& steps) {
        return std::all_of(steps.begin(), steps.end(),
                           [&](std::uint32_t step) { return step < rule.steps.size(); });
    };
    return known(run.firing.steps) && known(run.outcome.failed) && run.at <= run.firing.steps.size();
}

} // namespace

void Runner::Impl::remember() const {
    if (ports.remember) ports.remember();
}

std::vector<Remembered> Runner::Impl::changed() {
    auto out = std::exchange(news, {});
    for (const auto id : std::exchange(touched, {})) {
        const auto it = runs.find(id);
        if (it == runs.end()) continue;
        auto& run = it->second;
        auto value = write_run({run.firing, run.at, run.program, run.outcome});
        const auto hash = hash_of(value);
        if (std::exchange(run.written, hash) == hash) continue;
        out.push_back({kind, std::to_string(run.firing.id), std::move(value)});
    }
    return out;
}

bool Runner::Impl::still_so(const Event& event) const {
    if (event.state == State::happened) return true;
    return ports.current(event).has_value() == (event.state == State::raised);
}

void Runner::Impl::attach(std::optional<RunId> run, const Programs::Found& found) {
    Active job;
    job.run = run;
    job.adopted = true;
    job.has_slot = false; // what hangs since an earlier run must not keep ours from running
    if (auto note = read_note(found.note)) {
        job.note = *std::move(note);
    } else {
        log::warning("job {}: {}", escape(found.id), escape(note.error().text()));
        if (run) {
            const auto& firing = runs.at(*run).firing;
            job.note.rule = firing.rule->settings.name.text;
            job.note.event = firing.event;
            job.note.attempt = firing.attempt;
        }
    }
    queue.take_lock(job.note.lock);
    active.emplace(found.id, std::move(job));
}

// One whose end is to be said, and that no run waits for.
void Runner::Impl::attach_alone(const Programs::Found& found) {
    attach(std::nullopt, found);
    active.at(found.id).row = true;
    news.push_back({kind, std::string{alone} + found.id, "{}"});
}

// A run that was out. ROW: how far it was; none: nothing of it was begun.
void Runner::Impl::take_up(Firing&& firing, const Remembered* row,
                           std::map<std::string, Programs::Found>& found, std::vector<Error>& bad) {
    const auto id = ++last_run;
    Run run;
    run.restored = true;
    run.firing = std::move(firing);
    if (row) {
        run.written = hash_of(row->value);
        auto known = read_run(row->value);
        if (known && !fits(*known, *run.firing.rule) && !run.firing.steps.empty())
            known = Error{ErrorKind::failed, "cannot take over", "", "its rule has no such steps", {}};
        if (!known) {
            bad.push_back(std::move(known).error());
            bad.back().object = "a run of rule '" + escape(run.firing.rule->settings.name.text) + "'";
            run.firing.steps.clear(); // whatever was begun is not begun again
            run.outcome.ok = false;
        } else {
            run.program = known->program;
            if (!run.firing.steps.empty()) {
                known->firing.id = run.firing.id;
                known->firing.rule = run.firing.rule;
                known->firing.event = std::move(run.firing.event);
                run.firing = std::move(known->firing);
                run.at = known->at;
                run.outcome = std::move(known->outcome);
            }
        }
    }
    const auto it = found.find(run.program);
    runs.emplace(id, std::move(run));
    touched.insert(id);
    if (it == found.end()) return;
    attach(id, it->second);
    found.erase(it);
}

std::vector<Error> Runner::restore(std::span<const Remembered> rows, std::vector<Firing> firings) {
    auto& self = *impl_;
    const Impl::Turn turn{self};
    self.begun = false;
    std::map<std::string, Programs::Found> found;
    for (auto& one : self.programs.adopt()) found.emplace(one.id, one);
    std::map<std::string_view, const Remembered*> left;
    for (const auto& row : rows)
        if (row.kind == kind) left.emplace(row.key, &row);

    std::vector<Error> bad;
    std::sort(firings.begin(), firings.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    for (auto& firing : firings) {
        const auto key = std::to_string(firing.id);
        const auto row = left.find(key);
        self.take_up(std::move(firing), row == left.end() ? nullptr : row->second, found, bad);
        if (row != left.end()) left.erase(row);
    }
    // Of a rule that is gone only what runs is of interest.
    for (const auto& [key, row] : left) {
        auto program = std::string{key.starts_with(alone) ? key.substr(alone.size()) : ""};
        if (program.empty()) {
            self.news.push_back({kind, row->key, ""});
            if (auto run = read_run(row->value)) {
                program = std::move(run->program);
            } else {
                bad.push_back(std::move(run).error());
                bad.back().object = "run " + escape(row->key);
            }
        }
        if (program.empty()) continue;
        if (const auto it = found.find(program); it != found.end()) {
            self.attach_alone(it->second);
            found.erase(it);
        } else {
            self.news.push_back({kind, std::string{alone} + program, "{}"});
            self.unclaimed.insert(std::move(program));
        }
    }
    for (const auto& [id, one] : found) {
        const auto note = read_note(one.note);
        if (note && note->remembered && !one.running && bad.empty())
            self.concluded.insert(id); // its end was said, and only its files are left
        else
            self.attach_alone(one);
    }
    return bad;
}

// Nothing of its step was begun, or a program may have been started that did not come in time to be found.
void Runner::Impl::go_on(RunId id, Run& run) {
    if (active.contains(run.program)) return;
    if (!run.program.empty()) {
        const auto program = std::exchange(run.program, {});
        auto claimed = programs.claim(program);
        if (!claimed) {
            StepResult result;
            result.what = StepResult::What::failed;
            result.why = "it is not known whether it was started: " + claimed.error().text();
            return step_over(id, result, run.at < run.firing.steps.size() ? note_of(run) : JobNote{});
        }
        if (*claimed) {
            run.program = program;
            return attach(id, **claimed);
        }
        touched.insert(id);
    }
    ready.push_back(id);
}

void Runner::begin() {
    auto& self = *impl_;
    const Impl::Turn turn{self};
    self.begun = true;
    for (const auto& program : std::exchange(self.unclaimed, {})) {
        const auto claimed = self.programs.claim(program);
        if (claimed && *claimed)
            self.attach_alone(**claimed);
        else
            self.news.push_back({kind, std::string{alone} + program, ""});
    }
    std::vector<Impl::RunId> restored;
    for (const auto& [id, run] : self.runs)
        if (run.restored) restored.push_back(id);
    for (const auto id : restored)
        if (const auto it = self.runs.find(id); it != self.runs.end()) self.go_on(id, it->second);
}

std::vector<Remembered> Runner::changed() { return impl_->changed(); }

} // namespace dmev
