// SPDX-License-Identifier: Apache-2.0
// Pieces that the JSON of events, devices and lists have in common.
#pragma once
#include "base/json.hpp"
#include "model/decision.hpp"
#include "model/device.hpp"
#include "model/event.hpp"

namespace dmev {

// {"name":..,"display_name":..,"name_hex":..,"uuid":..,"uuid_hex":..,"major":..,"minor":..,"path":..}
void put_device(JsonWriter& json, const DeviceId& id);
void put_target(JsonWriter& json, const EventTarget& target);
void put_words(JsonWriter& json, const std::vector<std::string>& words);
void put_fields(JsonWriter& json, const Fields& fields);

std::string decision_json(const Decision& decision);

} // namespace dmev
