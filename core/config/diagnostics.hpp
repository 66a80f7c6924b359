// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"

namespace dmev {

// What is wrong with a configuration, everything of it in one run, in the order of its places.
struct Diagnostics {
    std::vector<Error> errors;   // of kind bad_config: nothing of the configuration is used
    std::vector<Error> warnings; // likely not what was meant

    void error(Place at, std::string what, std::string object = {}, std::string why = {},
               std::string remedy = {});
    void warning(Place at, std::string what, std::string object = {}, std::string why = {},
                 std::string remedy = {});
    bool ok() const { return errors.empty(); }
    void sort();
};

} // namespace dmev
