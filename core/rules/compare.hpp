// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "model/event.hpp"
#include "rules/rulebook.hpp"

namespace dmev {

// Nothing when VALUE passes one of the term's tests; else what is so instead, for people: "is 'vg1-pool',
// not like 'vg0-*'". A list passes when one of its items does; with != when each of them does.
std::optional<std::string> differs(const Term& term, const Value& value);

// True only where differs() would say something of TEXT; costs less than to hear what.
bool is_unlike(const Term& term, const std::string& text);

} // namespace dmev
