// SPDX-License-Identifier: Apache-2.0
// Carries out firings: one step after the other, one job at a time for a lock key, a bounded number in all,
// the most severe first. Starts programs through the seam, waits for the readings that show the effect, and
// says what came of it as events. Single-threaded, in the loop; never blocks. Ports may call back into it.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "action/plan.hpp"
#include "base/loop.hpp"
#include "config/settings.hpp"
#include "process/programs.hpp"
#include "rules/decider.hpp"

namespace dmev {

class Runner {
 public:
    struct Ports {
        std::function<Time()> clock;
        // The target of an event as it was last read; none when the device is gone.
        std::function<std::optional<TargetFacts>(const DeviceId&, std::uint32_t index)> target;
        std::function<std::optional<Event>(const Event&)> current; // as the decider's
        std::function<void(DevNum, Time by)> read_again;
        ToJson to_json; // for standard input
        // action.finished, failed, no_effect, overdue: without id, which the receiver gives.
        std::function<void(Event&&)> event;
        // Gives when the failed steps are tried again, if they are: said in the event.
        std::function<std::optional<Time>(std::uint64_t firing, const Decider::Outcome&)> ended;
        // What changed() tells, the decider's too, is to be kept before this returns: it is called right
        // before a program is started, and before what came of one is forgotten. What was said by then is to
        // be the rules' already. May be empty: nobody remembers.
        std::function<void()> remember;
    };
    // EFFECT_WITHIN: how long after a program's end its effect may take to show. START_AGAIN: the first of
    // the growing pauses after which a program is tried to be started that could not be.
    Runner(Loop& loop, Programs& programs, std::span<const Plugin> plugins, const Catalogue& catalogue,
           LimitSettings limits, Ports ports, Millis effect_within = Millis{5'000},
           Millis start_again = Millis{250});
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    // A step begins when the one before has ended, whatever came of it. What a refusal or a plugin's fault
    // stopped is not tried again: it would say the same. What failed, had no effect or found no room is.
    void run(Firing&& firing);
    void limit(LimitSettings limits); // from a reload
    // What an earlier instance left behind holds its lock until it ends, and is reported then.
    void adopt();
    // Instead, from the rows of kind "run" and the runs that the decider says are out: finds the programs
    // that run, or ended since. Nothing is begun before begin(), when every device has been read. Then each
    // run goes on: a step of which no program is found is begun anew, the first only if what it is about
    // still holds. The errors: rows that cannot be read; their runs end without being begun again.
    std::vector<Error> restore(std::span<const Remembered> rows, std::vector<Firing> firings);
    void begin();
    // What a successor must know that is not as changed() gave it last.
    std::vector<Remembered> changed();
    // A reading of DEVICE was taken in: an effect may show.
    void looked(DevNum device);
    // For programs.
    void ended(const std::string& id, Ended&& ended);
    void overdue(const std::string& id, std::chrono::milliseconds after);
    void released(const std::string& id);

    // No firing is under way; what was adopted does not count.
    bool idle() const;

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dmev
