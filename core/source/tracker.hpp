// SPDX-License-Identifier: Apache-2.0
// Which devices there are, and what must be read of them, why and when. Entirely passive and pure: lists,
// uevents, replies and the time go in; calls to make and what to hand on come out. KernelSource does the
// rest.
//
// Of one group (a pool and what it serves) one status call is under way at a time. One that does not return
// makes its group unresponsive: it is not asked again until that call returns, and nobody else waits for it.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/observation.hpp"
#include "source/device_list.hpp"
#include "source/reader_protocol.hpp"

namespace dmev {

struct TrackerOptions {
    // A status takes well under a millisecond; one that takes this long waits for something.
    Duration deadline = std::chrono::seconds{2};
    // Readers that hang are replaced up to here: beyond it the machine has other worries than our silence.
    std::size_t max_stuck = 8;
    // What was torn is read again at once so often, then at doubling pauses.
    unsigned quick_retries = 3;
    Duration first_pause = std::chrono::milliseconds{10};
    Duration longest_pause = std::chrono::seconds{1};
};

class Tracker {
 public:
    using What = decltype(Observation::what);

    explicit Tracker(TrackerOptions options = {}) : options_(options) {}

    // ---- what happened ----
    // A list is being made: what happens from here on asks for another one.
    void listing() {
        // Who asked for it compares all of it with what is known by now, and not with the list before.
        if (wants_list_) as_listed_ = false;
        wants_list_ = false;
    }
    // REQUIRES: every uevent that came before the list was made has been given to uevent().
    void listed(const DeviceList& list);
    void uevent(UeventReading uevent);
    void overrun();
    void replied(ReadReply reply, Time now);
    void lost(std::uint32_t call, Time now); // its reader died
    void withdrawn(std::uint32_t call);      // no reader came to it
    void begun(std::uint32_t call, Time now) { calls_.at(call).deadline = now + options_.deadline; }
    void wish(DevNum device, std::optional<Time> by);
    void look_again(DevNum device); // something about it changed that the kernel does not tell of
    std::size_t advance(Time now);  // how many devices are to be read because it is time
    void no_readers();              // all of them hang, and no more are to be had

    // ---- what to do ----
    std::optional<ReadRequest> next_call(Time now); // REQUIRES: a reader gets it
    // So much is to be asked that a call may wait for others in a reader, as last.
    bool many_wait() const;
    // A reader has the call, but is at others before it: its time does not run until it has begun().
    void waits(std::uint32_t call) { calls_.at(call).deadline = Time::max(); }
    std::vector<std::uint32_t> take_stuck(); // calls past their deadline since the last time
    bool has_late(Time now) const;           // advance() would take a call for stuck
    bool may_add_reader() const { return stuck_ <= options_.max_stuck; }
    bool wants_list() const { return wants_list_; }
    std::optional<Time> due() const;   // when advance() or next_call() would next do something
    std::vector<DevNum> awake() const; // devices whose last reading was not suspended
    std::vector<What> take();          // to be handed on, in this order

 private:
    struct Device {
        DeviceId id;
        std::uint64_t lifetime = 0;  // ours: tells a late reply's device from its successor
        std::uint32_t listed_nr = 0; // event numbers: of the last list,
        std::uint32_t event_nr = 0;  // and of the last status that was handed on
        std::string listed_name;
        bool announced = false; // somebody behind us knows of it
        bool handed_on = false;
        bool suspended = false; // in the last reading
        bool there_at_start = false;
        bool holds_baseline = false;
        bool awaits_list = false; // it was gone when asked: only a list can tell what is there now
        bool group_known = false;
        std::optional<DevNum> leader;             // whom it hangs with
        std::optional<std::uint64_t> known_table; // as readers tell one table from another
        std::optional<Why> wanted;
        std::optional<std::uint32_t> call; // under way
        std::uint64_t queued = 0;          // place in its queue; 0: in none
        unsigned tries = 0;                // that were torn or failed, in a row
        std::optional<Time> not_before, wish;
    };
    struct Call {
        DevNum device, group;
        std::uint64_t lifetime = 0;
        Why why = Why::kernel;
        Time deadline{};
        bool stale = false; // something happened to the device since it began
        bool stuck = false;
        bool group_unknown = false;
    };
    struct Group {
        std::optional<std::uint32_t> call; // the status call under way
        std::set<std::uint32_t> stuck;     // calls past their deadline
        DeviceId told;                     // as whom it was called unresponsive
    };
    using Queue = std::set<std::pair<std::uint64_t, DevNum>>;

    Device* find(DevNum number);
    Device& add(const ListedDevice& entry);
    void compare(const ListedDevice& entry);
    void end(DevNum number);
    static bool is_other(const Device& device, const ListedDevice& entry);
    bool is_other(const Device& device, const DeviceReading& reading) const;

    static DevNum group_of(const Device& device) { return device.leader.value_or(device.id.number); }
    void want(Device& device, Why why);
    void touched(Device& device); // what is being read of it now may be from before
    void enqueue(Device& device);
    void dequeue(Device& device);
    void retry(Device& device, Why why, Time now);
    void set_alarm(std::set<std::pair<Time, DevNum>>& alarms, DevNum number, std::optional<Time>& slot,
                   std::optional<Time> when);
    ReadRequest begin(Device& device, bool group_unknown, Time now);
    Queue& queue_of(const Device& device) { return device.group_known ? statuses_ : tables_; }
    void forget_table(Device& device);
    void hand_on(Device& device, DeviceReading reading, Why why);
    void accept(Device& device, ReadReply reply, Why why, Time now);
    std::optional<Call> finish(std::uint32_t id);
    Device* device_of(const Call& call);
    void stuck(std::uint32_t id, Call& call);
    void released(DevNum group, std::uint32_t id);
    bool hangs(const Device& device) const;
    void baseline_without(Device& device);
    void check_baseline();

    TrackerOptions options_;
    std::map<DevNum, Device> devices_;
    std::map<DevNum, Group> groups_; // those with a call under way or stuck
    std::map<std::uint32_t, Call> calls_;
    Queue tables_, statuses_; // ready to be asked: whose group is not known, and the others
    std::set<std::pair<Time, DevNum>> pauses_, wishes_;
    std::vector<What> out_;
    std::vector<std::uint32_t> newly_stuck_;
    std::uint64_t last_lifetime_ = 0, last_place_ = 0;
    std::uint32_t last_call_ = 0;
    std::size_t stuck_ = 0, baseline_left_ = 0;
    // The last list was all there is, and nothing was concluded since that another one must say again.
    bool as_listed_ = false;
    bool listed_once_ = false, baseline_done_ = false, wants_list_ = true;
};

} // namespace dmev
