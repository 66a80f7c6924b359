// SPDX-License-Identifier: Apache-2.0
// What rows of the ledger are written and read with, for the .cpp files of this folder and of actions.
// Reading is total: whatever is not as it should be throws Bad, which ends in the .cpp that reads.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/rapidjson.hpp"
#include "model/event.hpp"

namespace dmev::memory {

using Json = rapidjson::Value;

struct Bad {
    std::string why;
};

rapidjson::Document parse(std::string_view text); // an object
const Json* find(const Json& object, const char* name);
const Json& object(const Json& json); // JSON itself, that it is one

// What is missing is 0, false, empty.
std::uint64_t number(const Json& object, const char* name,
                     std::uint64_t most = std::numeric_limits<std::uint32_t>::max());
std::uint32_t small(const Json& object, const char* name);
bool flag(const Json& object, const char* name);
std::string text(const Json& object, const char* name);
std::vector<const Json*> list(const Json& object, const char* name);
std::vector<std::uint32_t> numbers(const Json& object, const char* name);
// Nanoseconds since 1970, not before then and not absurdly late: sums with any wait do not overflow.
Time time(const Json& json);
Time time(const Json& object, const char* name); // must be there

// The member "event", and "diskseq", which an event's own JSON does not have.
void put_event(JsonWriter& json, const Event& event);
Event event(const Json& object);
void put_time(JsonWriter& json, const char* name, Time time);
void put_numbers(JsonWriter& json, const char* name, const std::vector<std::uint32_t>& numbers);

} // namespace dmev::memory
