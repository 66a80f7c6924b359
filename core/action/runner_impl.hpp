// SPDX-License-Identifier: Apache-2.0
// The runner's inside: runner.cpp takes runs through their steps, runner_effect.cpp waits for what a program
// should have changed. Ports may call back into the runner: what they bring is taken up when a turn is over.
#pragma once
#include <deque>
#include <map>
#include <set>

#include "action/queue.hpp"
#include "action/results.hpp"
#include "action/run_memory.hpp"
#include "action/runner.hpp"

namespace dmev {

StepResult step_failed(std::string why, bool refused = false);

struct Runner::Impl {
    using RunId = Queue::RunId;

    // One firing on its way through its steps.
    struct Run {
        Firing firing;
        std::size_t at = 0; // in firing.steps
        Job job;            // of the step that waits
        bool moved = false; // its job has changed its lock once
        Decider::Outcome outcome;
        std::string program;     // of the step that runs, or is about to
        bool restored = false;   // an earlier instance's, and nothing was begun since
        std::size_t written = 0; // what a successor was told of it: its hash; 0: nothing
        unsigned put_off = 0;    // how often the step that waits could not be started
        Loop::TimerId again = 0; // set: when it is tried again
        const Step& step() const { return firing.rule->steps[firing.steps[at]]; }
        bool last() const { return at + 1 >= firing.steps.size(); }
    };
    // A program, until its effect was seen.
    struct Active {
        std::optional<RunId> run; // none: adopted
        JobNote note;
        bool has_slot = true;
        bool adopted = false; // an earlier instance started it
        bool row = false;     // of its own, since it is no run's
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
         Millis within, Millis pause)
        : loop(l),
          programs(p),
          plugins(pl),
          catalogue(c),
          limits(li),
          ports(std::move(po)),
          effect_within(within),
          start_again(pause) {}

    // runner.cpp
    void settle();
    void advance(RunId id);
    void not_planned(RunId id, Run& run);
    void next_step(RunId id, Run& run);
    void step_over(RunId id, const StepResult& result, const JobNote& note);
    void close(RunId id, std::optional<StepResult> result, const JobNote& note);
    JobNote note_of(const Run& run) const;

    // runner_start.cpp
    static constexpr unsigned most_put_off = 7; // each pause is twice the one before
    void start(const Queue::Next& next);
    bool ready_to_start(RunId id, Run& run, const Queue::Next& next);
    bool put_off(RunId id, const std::string& why, ErrorKind kind);
    bool put_off(const std::string& id, const Ended& ended);
    std::string next_id();

    // runner_restore.cpp
    void attach(std::optional<RunId> run, const Programs::Found& found);
    void attach_alone(const Programs::Found& found);
    void go_on(RunId id, Run& run);
    void take_up(Firing&& firing, const Remembered* row, std::map<std::string, Programs::Found>& found,
                 std::vector<Error>& bad);
    bool still_so(const Event& event) const;
    std::vector<Remembered> changed();
    void remember() const;

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
    Millis effect_within, start_again;

    Queue queue;
    std::map<RunId, Run> runs;
    std::deque<RunId> ready; // their next step is to be begun
    std::map<std::string, Active> active;
    std::map<std::string, std::string> stuck; // programs that cannot be killed: the locks they hold
    RunId last_run = 0;
    std::uint64_t last_program = 0;
    int depth = 0;
    bool begun = true; // else nothing is begun
    std::set<RunId> touched;
    std::vector<Remembered> news;    // rows of what is no run of ours any more
    std::set<std::string> unclaimed; // programs of no run, which may have been started or not
    std::set<std::string> concluded; // programs whose end was said by an earlier instance
};

} // namespace dmev
