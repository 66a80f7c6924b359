// SPDX-License-Identifier: Apache-2.0
// For the .cpp files that read JSON of which an event is a part.
#pragma once
#include "base/rapidjson.hpp"
#include "model/event_json.hpp"

namespace dmev {

// JSON was read by parse_exactly().
Result<Event> parse_event(const rapidjson::Value& json);

} // namespace dmev
