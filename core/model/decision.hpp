// SPDX-License-Identifier: Apache-2.0
// What a rule makes of an event, for those who ask before anything is run.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace dmev {

struct Decision {
    enum class What { fires, waits, no };
    Time time{};
    std::string rule;
    What what = What::no;
    std::string why;
    std::optional<Time> until; // of waits
    std::string event;         // its id
    std::string event_type;
    std::string device; // its name, or empty
    // Of fires: what each step comes to.
    struct Step {
        std::string action;            // "thin.extend", "page", "exec"
        std::vector<std::string> argv; // the program
        std::vector<std::pair<std::string, std::vector<std::string>>> managers; // who is asked before, and
                                                                                // what is run instead
        std::string line;    // of the log
        std::string refused; // why it does not apply
    };
    std::vector<Step> steps;
};
const char* decision_name(Decision::What what);

} // namespace dmev
