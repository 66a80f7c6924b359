// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/catalogue.hpp"
#include "rules/rulebook.hpp"

namespace dmev {

struct LvmSays {
    std::optional<std::string> value; // none: it says nothing of it
    bool answered = true;             // false: it hung, and was killed
};
// What the program LVM has in effect for the setting NAME.
LvmSays ask_lvm(const char* lvm, const std::string& name, Millis patience);

// Hooks of RULES that lvm.conf makes do nothing, one line each: LVM itself is asked what it says. Runs a
// program and waits for it, with PATIENCE.
std::vector<std::string> without_effect(const Rulebook& rules, const Catalogue& catalogue,
                                        const char* lvm = "/usr/sbin/lvm", Millis patience = Millis{5000});

} // namespace dmev
