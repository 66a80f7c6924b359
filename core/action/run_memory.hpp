// SPDX-License-Identifier: Apache-2.0
// A run as a row of the ledger.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rules/decider.hpp"

namespace dmev {

struct RememberedRun {
    Firing firing;            // without its rule, and without its event: the decider's row has that
    std::size_t at = 0;       // in firing.steps
    std::string program;      // that runs its step, or is about to; empty: none
    Decider::Outcome outcome; // so far
};

std::string write_run(const RememberedRun& run);
Result<RememberedRun> read_run(std::string_view text);

} // namespace dmev
