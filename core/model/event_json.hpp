// SPDX-License-Identifier: Apache-2.0
// The event as the contract's JSON, and pieces that the JSON of events, devices and lists have in common.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "model/device.hpp"
#include "model/event.hpp"

namespace dmev {

// One line, no newline.
std::string event_json(const Event& event);

// The event of such a line. The error says which member is wrong.
Result<Event> parse_event(std::string_view json);

// {"name":..,"display_name":..,"name_hex":..,"uuid":..,"uuid_hex":..,"major":..,"minor":..,"path":..}
void put_device(JsonWriter& json, const DeviceId& id);
void put_target(JsonWriter& json, const EventTarget& target);
void put_words(JsonWriter& json, const std::vector<std::string>& words);
void put_fields(JsonWriter& json, const Fields& fields);

} // namespace dmev
