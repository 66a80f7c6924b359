// SPDX-License-Identifier: Apache-2.0
// What the engine raises and everything behind it prints, matches or stores.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "model/device.hpp"

namespace dmev {

enum class Severity { info = 1, notice, warning, error, critical };
const char* severity_name(Severity severity);

enum class State { raised, cleared, happened };
const char* state_name(State state);

// A fact of an event. Numbers stay numbers.
struct Value {
    using List = std::vector<Value>;
    std::variant<std::int64_t, std::uint64_t, double, bool, std::string, List> v;
    std::string text() const; // as a message shows it; lists are joined by ", "
};
using Fields = std::vector<std::pair<std::string, Value>>;

// The field of this name, or null.
const Value* find_field(std::span<const Fields::value_type> fields, std::string_view name);
// Adds the field, or replaces the one of the same name.
void set_field(Fields& fields, std::string_view name, Value value);

struct EventTarget {
    std::string type;
    std::uint32_t index = 0;
};

struct EventUevent {
    std::string action;
    std::optional<std::uint64_t> seqnum;
    std::optional<std::uint64_t> dm_seqnum;
    std::string dm_action; // PATH_FAILED, or empty
};

struct EventKernel {
    std::uint32_t event_nr = 0;
    std::uint32_t steps = 0; // how far event_nr moved since the last look
};

struct Event {
    std::string id; // sorts by time; made of time, counter and lifetime
    Time time{};
    std::string type;
    Severity severity = Severity::info;
    State state = State::happened;
    bool initial = false;  // true at first sight
    bool repeat = false;   // a uevent stated what already held
    bool inferred = false; // from the status, since no uevent told of it
    std::string source;    // kernel, uevent, poll, start, restart, resync
    std::string message;
    std::optional<DeviceId> device; // none for the program's own events
    std::optional<EventTarget> target;
    std::string part; // a leg's index, a path, or empty
    std::optional<EventKernel> kernel;
    std::optional<EventUevent> uevent;
    Fields data;
};

} // namespace dmev
