// SPDX-License-Identifier: Apache-2.0
// A lane as a row of the ledger.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rules/lane.hpp"

namespace dmev {

// SETTINGS: the fingerprint of its rule.
std::string write_lane(const Lane& lane, std::string_view settings);

struct RememberedLane {
    std::string settings;
    Lane lane; // without serial, rule and identity, and without its run's rulebook
};
// Whatever is there to read is bounded in time; whether it suits the rule is the reader's to see.
Result<RememberedLane> read_lane(std::string_view text);

} // namespace dmev
