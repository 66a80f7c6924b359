// SPDX-License-Identifier: Apache-2.0
// Turns what a plugin stated into what is new: compares with the conditions that hold, keeps them, and raises
// events through its sink. The one place where conditions become true or false.
#pragma once
#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "engine/device.hpp"
#include "engine/options.hpp"
#include "model/catalogue.hpp"

namespace dmev {

class Judge {
 public:
    using Sink = std::function<void(Event&&)>;
    // The names of the volumes that the device serves, a list.
    using Served = std::function<Value(DevNum)>;

    // OPTIONS, CATALOGUE and TOUCHED must outlive the judge; it notes in TOUCHED of which device something
    // was told.
    Judge(const EngineOptions& options, const Catalogue& catalogue, std::set<DevNum>& touched, Sink sink,
          Served served)
        : options_(options),
          catalogue_(catalogue),
          touched_(touched),
          sink_(std::move(sink)),
          served_(std::move(served)) {}

    void set_time(Time now) { now_ = now; }
    // While ON, initial events that list volumes wait: those may not have been read yet.
    void postpone(bool on);

    // What look() said of TARGET. INITIAL: nothing of it was known before.
    void looked(Device& device, TargetState& target, const Said& said, const Cause& cause, bool initial);
    // What uevent() said.
    void told(Device& device, TargetState& target, const Said& said, const Cause& cause);
    // A condition of the core's own; KEY.target names the target it is about, for the event alone.
    void core(Device& device, const ConditionKey& key, bool is, Fields data, const Cause& cause,
              bool initial);
    // An instant, of the core's or of the program (DEVICE null).
    void happened(Device* device, const EventType& type, Fields data, const Cause& cause);

    // A condition of the program that is of no device; whoever calls keeps whether it holds.
    void program(const EventType& type, const std::string& part, bool is, Fields data, const Cause& cause,
                 bool initial);

    // Drops what held and what waits for TARGET, without a word.
    void forget(Device& device, std::uint32_t target);
    // Raises what waited until now, and ends what lapsed. ALL: whatever still waits, due or not.
    void fire(Device& device, bool all_waiting);
    // When fire() would next do something.
    static std::optional<Time> due(const Device& device);

    // How many events there were; goes into their ids.
    std::uint64_t count() const { return counter_; }
    void count_from(std::uint64_t count) { counter_ = count; }

 private:
    struct Marks {
        bool initial = false, repeat = false, inferred = false;
    };
    // What a plugin said of a whole target, and of this part of it: put together where an event comes of it.
    // Or what the core itself says.
    struct Words {
        const StatedFields *common = nullptr, *more = nullptr;
        Fields own;
        Fields take();
    };
    struct Ended {
        ConditionKey key;
        Fields data;
        Cause cause;
        Marks marks;
    };

    void emit(const Device* device, const ConditionKey& key, State state, Fields data, const Cause& cause,
              Marks marks);
    void send(const EventType& type, Event&& event);
    const EventType* ends_as(const EventType& type) const;
    void raise(Device& device, const ConditionKey& key, Fields data, const Cause& cause, Marks marks);
    void end(Device& device, const ConditionKey& key, Fields data, const Cause& cause, Marks marks,
             std::vector<Ended>& ended);
    void conclude(Device& device, std::vector<Ended>& ended);
    void state(Device& device, const ConditionKey& key, Truth truth, Words&& words, const Cause& cause,
               bool initial, std::vector<Ended>& ended);
    void overtaken(Device& device, const ConditionKey& key, Waiting::What what, std::vector<Ended>& ended);
    void tell(Device& device, Waiting&& w, std::vector<Ended>& ended);
    // The conditions that SAID shows, of those that uevents tell of.
    static TargetState::Parts account(const Device& device, TargetState& target, const Said& said);
    static bool tells_itself(const Device& device, const TargetState& target, const Said& said,
                             const ConditionKey& key, const TargetState::Parts& shown_before);
    bool wait(Device& device, const ConditionKey& key, Waiting::What what, Words& words, const Cause& cause);
    void forget_unmentioned(Device& device, const TargetState& target, const Said& said);
    void touch(const Device& device) { touched_.insert(device.id.number); }
    void gauges(Device& device, TargetState& target, const Said& said, const Cause& cause, bool initial);

    const EngineOptions& options_;
    const Catalogue& catalogue_;
    std::set<DevNum>& touched_;
    Sink sink_;
    Served served_;
    Time now_{};
    bool postponing_ = false;
    std::vector<Event> postponed_;
    std::uint64_t counter_ = 0;
};

} // namespace dmev
