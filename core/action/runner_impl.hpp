// SPDX-License-Identifier: Apache-2.0
// The runner's inside: runner.cpp takes runs through their steps, runner_effect.cpp waits for what a program
// should have changed. Ports may call back into the runner: what they bring is taken up when a turn is over.
#pragma once
#include <deque>
#include <map>

#include "action/queue.hpp"
#include "action/results.hpp"
#include "action/runner.hpp"

namespace dmev {

struct Runner::Impl {
    using RunId = Queue::RunId;

    // One firing on its way through its steps.
    struct Run {
        Firing firing;
        std::size_t at = 0; // in firing.steps
        Job job;            // of the step that waits
        bool moved = false; // its job has changed its lock once
        Decider::Outcome outcome;
        const Step& step() const { return firing.rule->steps[firing.steps[at]]; }
        bool last() const { return at + 1 >= firing.steps.size(); }
    };
    // A program, until its effect was seen.
    struct Active {
        std::optional<RunId> run; // none: adopted
        JobNote note;
        bool has_slot = true;
        // Once it has ended well and something is expected:
        std::optional<Ended> ended;
        Time ended_at{};
        std::string unmet = "the device was not read since";
        std::size_t reads = 0; // further readings asked for
        Time asked_for{};      // the last of them
        Loop::TimerId deadline = 0;
    };

    // One call from outside; when the outermost is over, everything that may go on does.
    class Turn {
     public:
        explicit Turn(Impl& impl) : impl_(impl) { ++impl_.depth; }
        ~Turn() {
            if (impl_.depth == 1) impl_.settle();
            --impl_.depth;
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

     private:
        Impl& impl_;
    };

    Impl(Loop& l, Programs& p, std::span<const Plugin> pl, const Catalogue& c, LimitSettings li, Ports po,
         Millis within)
        : loop(l),
          programs(p),
          plugins(pl),
          catalogue(c),
          limits(li),
          ports(std::move(po)),
          effect_within(within) {}

    // runner.cpp
    void settle();
    void advance(RunId id);
    void start(const Queue::Next& next);
    void not_planned(RunId id, Run& run);
    bool ready_to_start(RunId id, Run& run, const Queue::Next& next);
    void step_over(RunId id, const StepResult& result, const JobNote& note);
    void close(RunId id, std::optional<StepResult> result, const JobNote& note);
    JobNote note_of(const Run& run) const;
    std::string next_id();

    // runner_effect.cpp
    void program_over(const std::string& id, Ended&& ended);
    void await_effect(const std::string& id, Active& active);
    void check(const std::string& id);
    void effect_deadline(const std::string& id);
    void conclude(const std::string& id, StepResult result);
    std::optional<TargetFacts> target_of(const Event& event) const;

    Loop& loop;
    Programs& programs;
    std::span<const Plugin> plugins;
    const Catalogue& catalogue;
    LimitSettings limits;
    Ports ports;
    Millis effect_within;

    Queue queue;
    std::map<RunId, Run> runs;
    std::deque<RunId> ready; // their next step is to be begun
    std::map<std::string, Active> active;
    std::map<std::string, std::string> stuck; // programs that cannot be killed: the locks they hold
    RunId last_run = 0;
    std::uint64_t last_program = 0;
    int depth = 0;
};

} // namespace dmev
