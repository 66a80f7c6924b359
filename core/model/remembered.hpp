// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace dmev {

// A piece of what a successor must know. Its owner writes and reads VALUE, a line of JSON; whoever keeps it
// looks at KIND and KEY alone: one of the same kind and key replaces it.
struct Remembered {
    std::string kind; // "device", "lane", "run"
    std::string key;
    std::string value; // empty: it is to be forgotten
    bool operator==(const Remembered&) const = default;
};

} // namespace dmev
