// SPDX-License-Identifier: Apache-2.0
// What a successor must know of a program that it finds running: kept with the job, as one line of JSON.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/event.hpp"
#include "model/target_facts.hpp"
#include "plugin/plugin.hpp"

namespace dmev {

struct JobNote {
    std::string rule;
    std::string action; // the step's name
    std::uint32_t attempt = 1;
    std::uint32_t coalesced = 0;
    Event event; // id, type, severity, device, target
    std::string lock;
    std::vector<std::string> argv;
    std::vector<Expectation> expect;
    TargetFacts before;      // what the expectations compare with: gauges
    bool remembered = false; // a ledger knew of it before it was started
};

std::string write_note(const JobNote& note);
// The error says what is missing or wrong; nothing of such a note is used.
Result<JobNote> read_note(std::string_view text);

} // namespace dmev
