// SPDX-License-Identifier: Apache-2.0
// Observations in, events and read-by times out. Pure: no I/O, no clock, no threads; time is what the
// observations say. The same observations give the same events, byte for byte.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/options.hpp"
#include "model/catalogue.hpp"
#include "model/device_state.hpp"
#include "model/event.hpp"
#include "model/observation.hpp"
#include "model/remembered.hpp"
#include "model/target_facts.hpp"
#include "model/wish.hpp"
#include "plugin/plugin.hpp"

namespace dmev {

class Engine {
 public:
    using Sink = std::function<void(Event&&)>;

    // CATALOGUE and PLUGINS must outlive the engine; each plugin's family is in the catalogue.
    Engine(const Catalogue& catalogue, std::span<const Plugin> plugins, EngineOptions options, Sink sink);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Advances to the observation's time (what is due by then fires first), then takes it in.
    void observe(const Observation& observation);

    // Fires what is due up to NOW. Time never runs backwards: an earlier NOW counts as the latest one seen.
    void advance(Time now);

    // The recording is over: what waits for a moment only (a batch, a uevent, a second reading) is concluded.
    // What takes long (a suspended device, a lapse) is not.
    void finish();

    // When advance() would next do something; none: never, as things stand.
    std::optional<Time> due() const;

    // Devices to read again, and by when; each wish is given once, the latest for a device replaces the
    // others.
    std::vector<Wish> take_wishes();

    // The target as it was last read and understood; none when that lifetime of the device is over.
    std::optional<TargetFacts> target(const DeviceId& device, std::uint32_t index) const;

    // The condition that EVENT raised as it is now, its time being since when; none when it does not hold.
    std::optional<Event> current(const Event& event) const;

    // Every condition that holds, as an event that raises it now: for rules that were not there when it was
    // told. "initial", of the source "start", its time being since when; its id is the same each time.
    std::vector<Event> standing() const;

    // Takes other times, and reads every device again. TYPES: the conditions whose gauges were given other
    // limits; they are told anew where they hold.
    void retune(const EngineOptions& options, std::span<const std::string> types);

    // What a successor must know: a row (kind "device", key MAJOR:MINOR) for each device of which something
    // was told since the last call, or that is another one in what no event tells. Costs what changed, not
    // what there is.
    std::vector<Remembered> changed();
    bool has_changed() const; // it may give something
    // Every device, with the next changed(): at a clean end.
    void remember_all();

    // Goes on where the engine was that gave these rows, in the same boot; rows of other kinds are passed
    // over. A device waits for its first reading, and what that shows to be new came "source":"restart"; one
    // that has none by baseline_done was removed, one that is not among ROWS was added. A row that cannot be
    // read is left out, named, and forgotten with the next changed(). REQUIRES: nothing was observed yet.
    std::vector<Error> restore(std::span<const Remembered> rows);

    // Whether a hook of one of these FAMILIES may soon have to do with a volume of LVM's.
    struct Prospect {
        bool near = false;        // one is near a limit, or may fail without coming near any
        std::uint64_t newest = 0; // larger when there is a new one, of which nobody knows how fast it fills
    };
    Prospect prospect(const std::set<std::string>& families) const;

    // For --query: every device that is known, with what holds now.
    std::vector<DeviceState> devices() const;

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dmev
