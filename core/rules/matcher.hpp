// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "model/event.hpp"
#include "rules/rulebook.hpp"

namespace dmev {

struct Match {
    bool yes = false;
    std::string why_not; // "device: 'vg1-pool' is not like 'vg0-*'"
};

// Whether RULE is about EVENT; of time and repetition it knows nothing.
Match match(const Rule& rule, const Event& event);

// True only where match() would say no: told at once, and without why, for the rules that most events meet.
bool is_out(const Rule& rule, const Event& event);

} // namespace dmev
