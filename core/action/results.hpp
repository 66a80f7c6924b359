// SPDX-License-Identifier: Apache-2.0
// What came of a step, as the event that says so. Pure.
#pragma once
#include <optional>
#include <string>

#include "action/job_note.hpp"
#include "base/time.hpp"
#include "model/catalogue.hpp"
#include "process/program.hpp"

namespace dmev {

struct StepResult {
    enum class What { finished, failed, no_effect, overdue };
    What what = What::finished;
    std::string why;                              // of failed and no_effect
    bool refused = false;                         // failed: it was not run, and will not be tried again
    std::optional<Ended> ended;                   // none: it was not started, or runs still
    std::optional<std::chrono::milliseconds> ran; // overdue: for how long by now
    bool target_gone = false;                     // the device's, or replaced: nothing is left to compare
    bool adopted = false;                         // an earlier instance started it
    std::optional<Time> retry_at;
    std::uint32_t attempts = 0; // in all, for the words about the next one, or the last
};

// What went wrong, in words for people; none: it ended well.
std::optional<std::string> failure(const Ended& ended);

// action.finished, action.failed, action.no_effect or action.overdue, without an id.
Event result_event(const JobNote& job, const StepResult& result, const Catalogue& catalogue, Time now);

} // namespace dmev
