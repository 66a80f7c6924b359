// SPDX-License-Identifier: Apache-2.0
// What the engine keeps of one device lifetime. Plain data; judge and engine work on it.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "engine/gauge.hpp"
#include "model/event.hpp"
#include "model/observation.hpp"
#include "plugin/plugin.hpp"

namespace dmev {

// What brought an observation about; goes into every event it raises.
struct Cause {
    std::string source;
    std::uint32_t steps = 0;
    std::optional<EventUevent> uevent;
};

// The core's own conditions belong to no target.
inline constexpr std::uint32_t kNoTarget = ~std::uint32_t{0};

// Ordered by name, not by address, so that the same input gives the same order of events.
struct ConditionKey {
    std::uint32_t target = kNoTarget;
    const EventType* type = nullptr;
    std::string part;
    bool operator<(const ConditionKey& other) const {
        return std::tie(target, type->name, part) < std::tie(other.target, other.type->name, other.part);
    }
};

struct Holding {
    Time since{};
    std::optional<Time> lapses; // it ends then, unless something says YES again
    std::string message;
    Fields data;
};

// A path change that the status showed before its uevent came.
struct Waiting {
    enum class What { raise, end, happened };
    ConditionKey key; // happened: the type that happened
    What what = What::raise;
    Time deadline{};
    Fields data;
    Cause cause;
};

struct TargetState {
    const Plugin* plugin = nullptr; // none: unclaimed
    const TargetClaim* claim = nullptr;
    std::uint32_t index = 0;
    std::string type;
    std::uint64_t start = 0, length = 0;
    std::optional<std::string> table; // as last read, understood or not

    bool understood = false; // the texts below were
    bool in_doubt = false;   // a later text was not, or the plugin failed on it
    std::string last_table, last_status;
    std::uint64_t last_start = 0, last_length = 0;
    std::optional<Duration> wish; // the plugin's, of the last look
    std::vector<GaugeState> gauges;
    // By the type's name, which is its family's, and the part: how many events uevents told of since the last
    // status, and which conditions that status showed.
    using TypeAndPart = std::pair<std::string_view, std::string>;
    std::map<TypeAndPart, std::uint64_t> told;
    using Parts = std::set<TypeAndPart>;
    Parts shown;
    bool recalled = false; // not looked at since it was recalled
};

// A provisional reading that waits for a second one.
struct Held {
    DeviceReading reading;
    Cause cause;
};

struct Device {
    DeviceId id;
    std::uint64_t serial = 0; // of the lifetime, in order of appearance
    bool announced = false;   // it was there at the start, or device.added was raised
    bool read = false;        // a reading was taken in
    bool awaited = false;     // remembered, and not read since
    bool seen = false;        // awaited, and there, though it does not answer
    std::uint32_t event_nr = 0;
    Time concluded{}; // when its targets were last looked at
    bool suspended = false, read_only = false;
    std::optional<Time> suspended_since;
    bool unsettled = false; // the next reading is provisional for targets that settle
    std::optional<Held> held;
    std::optional<std::uint64_t> last_dm_seqnum;
    std::vector<TargetState> targets;
    std::map<ConditionKey, Holding> holding;
    std::vector<Waiting> waiting; // in order of appearance
    std::optional<Time> due;      // as the schedule has it
    bool wished = false;          // a read-by time is out
    Duration follow_up{};         // an event came: read again after this, though nothing asks for it

    std::uint64_t sectors() const {
        std::uint64_t sum = 0;
        for (const auto& t : targets) sum += t.length;
        return sum;
    }
};

} // namespace dmev
