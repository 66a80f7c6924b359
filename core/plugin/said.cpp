// SPDX-License-Identifier: Apache-2.0
#include "plugin/said.hpp"

#include <algorithm>

namespace dmev {

Value& StatedFields::named(std::string_view name) {
    const auto same =
        std::find_if(fields_.begin(), fields_.end(), [&](const auto& f) { return f.first == name; });
    if (same != fields_.end()) return same->second;
    auto& [its_name, value] = fields_.add();
    its_name = name;
    known_ = fields_.size(); // what stood behind it may be of the same name
    return value;
}

void Said::clear() {
    outcome = Outcome::ok;
    because.clear();
    fields.clear();
    conditions.clear();
    happenings.clear();
    gauges.clear();
    read_within_ms.reset();
}

void Said::drop(Outcome what, std::string why) {
    *this = {};
    outcome = what;
    because = std::move(why);
}

} // namespace dmev
