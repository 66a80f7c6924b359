// SPDX-License-Identifier: Apache-2.0
// From a step and an event to a job: pure.
#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "model/event.hpp"
#include "model/target_facts.hpp"
#include "plugin/plugin.hpp"
#include "process/program.hpp"
#include "rules/decider.hpp"

namespace dmev {

// What is to be done for one step.
struct Job {
    enum class Kind { program, log, refused, fault };
    Kind kind = Kind::refused;
    std::string why;                     // of refused and fault
    Program program;                     // of program
    std::string lock;                    // one job at a time for each; by default the device
    std::vector<Expectation> expect;     // all must come true after it, else it had no effect
    log::Level level = log::Level::info; // of log
    std::string line;                    // of log, escaped
};

// The event as the JSON line that programs read from their standard input.
using ToJson = std::function<std::string(const Event&)>;

// TARGET: as it is now, if it is known (hooks need it). REFUSED: it does not apply, and why.
Job plan(const Firing& firing, const Step& step, std::span<const Plugin> plugins,
         const std::optional<TargetFacts>& target, const ToJson& to_json);

// The lvm that hooks run by the SDK's lvm.hpp, as it waits for its command.
Program lvm_of_hooks();

} // namespace dmev
