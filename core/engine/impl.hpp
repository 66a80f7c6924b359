// SPDX-License-Identifier: Apache-2.0
// The engine's parts and how they are called: engine.cpp has time and dispatch, readings.cpp takes in
// statuses, uevents.cpp what the kernel said by itself, restore.cpp what an earlier instance knew,
// set_aside.cpp what becomes of plugins.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/batch.hpp"
#include "engine/engine.hpp"
#include "engine/judge.hpp"
#include "engine/memory.hpp"
#include "engine/registry.hpp"

namespace dmev {

struct Engine::Impl {
    Impl(const Catalogue& catalogue, std::span<const Plugin> plugins, EngineOptions options, Sink sink);

    // engine.cpp
    void observe(const Observation& observation);
    void advance(Time now);
    void finish();
    std::optional<Time> due() const;
    void set_now(Time now);
    void fire(Device& device);
    void reschedule(Device& device);
    void end_lifetime(Device& device, const Cause& cause);
    const EventType& core_type(std::string_view name) const;
    Value served_by(DevNum server) const;
    static bool is_of_baseline(const Observation& observation);

    // readings.cpp
    void take(const DeviceReading& reading);
    void take(const DeviceRemoved& removed);
    void take(const Unresponsive& unresponsive);
    void take(const Responsive& responsive);
    void identify(Device& device, const DeviceReading& reading, const Cause& cause);
    // KNOWN: it had a table before, so that a difference is a change.
    void compare_targets(Device& device, const DeviceReading& reading, const Cause& cause, bool known);
    void retire(Device& device, std::uint32_t target, const Cause& cause);
    void unsettle(Device& device, bool is);
    void note_suspension(Device& device, const DeviceReading& reading, const Cause& cause);
    void look(Device& device, const DeviceReading& reading, const Cause& cause);
    void look(Device& device, TargetState& target, const TargetReading& reading, const Cause& cause);
    void conclude_held(Device& device);
    void not_understood(Device& device, TargetState& target, const Said& said, std::string_view text,
                        const Cause& cause, bool initial);
    void understood_again(Device& device, const TargetState& target, const std::string& text,
                          const Cause& cause);
    void wish(Device& device, bool soon);

    // set_aside.cpp
    // Tells once that PLUGIN is set aside, or is not any more; all its targets are in doubt with it.
    void note_set_aside(const Plugin& plugin, const Cause& cause);

    // facts.cpp
    const Device* same_device(const DeviceId& id) const;
    std::optional<TargetFacts> facts(const Device& device, std::uint32_t index) const;
    std::optional<Event> current(const Event& event) const;
    std::vector<Event> standing() const;
    void refresh(Event& event, const TargetFacts& facts) const;
    void retune(const EngineOptions& new_options, std::span<const std::string> types);

    // restore.cpp
    std::vector<Remembered> changed();
    std::vector<Error> restore(std::span<const Remembered> rows);
    bool came_unwatched(const Device* device) const;
    static bool goes_on(const Device& device, const DeviceReading& reading);
    void welcome_back(Device& device, const Cause& cause);
    void end_missing();

    // uevents.cpp
    void take(const UeventReading& uevent, Time at);
    void flush_batch();
    void state_uevent(Device& device, const UeventReading& uevent, std::optional<std::uint64_t> dm_seqnum);
    static bool is_path_uevent(const UeventReading& uevent);

    const Catalogue& catalogue;
    EngineOptions options;
    Claims claims;
    std::set<DevNum> touched; // of which the next changed() has a row
    Judge judge;
    Registry registry;
    PathBatch batch;
    Time now{};
    bool baseline_done = false;
    bool has_memory = false;
    std::vector<std::string> unreadable; // keys of rows to be forgotten
    std::map<DevNum, Wish> wishes;
    std::set<std::string, std::less<>> set_aside; // plugins, by name, of which that is told
    // What was last said of a target of each claim: memory for what is said of the next one.
    struct LastSaid {
        Said by_look, by_uevent;
    };
    std::map<const TargetClaim*, LastSaid> said_of;
};

} // namespace dmev
