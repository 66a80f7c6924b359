// SPDX-License-Identifier: Apache-2.0
// What happens to devices. The calls that this leads to are in tracker_calls.cpp.
#include "source/tracker.hpp"

#include <algorithm>
#include <utility>

#include "source/netlink.hpp"

namespace dmev {
namespace {

// Of several reasons the one that says most. A uevent (a resume, a new table) outranks the event number,
// which the reading itself shows.
int rank(Why why) {
    switch (why) {
        case Why::start:
        case Why::restart: return 4;
        case Why::resync: return 3;
        case Why::uevent: return 2;
        case Why::kernel: return 1;
        case Why::unsaid:
        case Why::poll: return 0;
    }
    return 0;
}

// Event numbers wrap, but within a lifetime they never go back.
bool went_back(std::uint32_t from, std::uint32_t to) { return static_cast<std::int32_t>(to - from) < 0; }

bool uuids_differ(const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; }

} // namespace

Tracker::Device* Tracker::find(DevNum number) {
    const auto it = devices_.find(number);
    return it == devices_.end() ? nullptr : &it->second;
}

Tracker::Device& Tracker::add(const ListedDevice& entry) {
    Device device;
    device.id = {entry.name, entry.uuid.value_or(""), entry.number, std::nullopt};
    device.lifetime = ++last_lifetime_;
    device.listed_nr = device.event_nr = entry.event_nr;
    device.listed_name = entry.name;
    device.there_at_start = device.holds_baseline = !listed_once_;
    if (device.holds_baseline) ++baseline_left_;
    auto& added = devices_[entry.number] = std::move(device);
    want(added, added.there_at_start ? Why::start : Why::kernel);
    return added;
}

void Tracker::end(DevNum number) {
    auto* device = find(number);
    as_listed_ = false;
    dequeue(*device);
    set_alarm(pauses_, number, device->not_before, std::nullopt);
    set_alarm(wishes_, number, device->wish, std::nullopt);
    baseline_without(*device);
    if (device->announced) out_.push_back(DeviceRemoved{device->id});
    groups_.erase(number); // its own call, if it ever returns, is nobody's
    devices_.erase(number);
}

// Is the device that the list shows under this number another one than ours? Only where no remove uevent
// came.
bool Tracker::is_other(const Device& device, const ListedDevice& entry) {
    return went_back(device.event_nr, entry.event_nr) ||
           (entry.uuid && uuids_differ(device.id.uuid, *entry.uuid));
}

bool Tracker::is_other(const Device& device, const DeviceReading& reading) const {
    const auto &known = device.id.diskseq, &seen = reading.id.diskseq;
    if (known && seen) return *known != *seen;
    if (known && !seen && reading.targets.empty())
        return true; // a device gets its first from its first table
    return uuids_differ(device.id.uuid, reading.id.uuid) ||
           (device.handed_on && went_back(device.event_nr, reading.event_nr));
}

void Tracker::compare(const ListedDevice& entry) {
    auto* device = find(entry.number);
    if (device && is_other(*device, entry)) {
        end(entry.number);
        device = nullptr;
    }
    if (!device) {
        add(entry);
        return;
    }
    device->listed_nr = entry.event_nr;
    device->listed_name = entry.name;
    if (!device->handed_on) device->id.name = entry.name;
    device->awaits_list = false;
    const bool news =
        device->handed_on && (entry.event_nr != device->event_nr || entry.name != device->id.name ||
                              (entry.uuid && *entry.uuid != device->id.uuid));
    // A call under way may have seen it already: its reply is compared with the list then.
    if (news && !device->call)
        want(*device, Why::kernel);
    else
        enqueue(*device);
}

void Tracker::listed(const DeviceList& list) {
    if (as_listed_ && list.same_numbers()) {
        for (const auto place : list.changed()) compare(list.devices()[place]);
    } else {
        std::set<DevNum> seen;
        for (const auto& entry : list.devices()) {
            seen.insert(entry.number);
            compare(entry);
        }
        std::vector<DevNum> left;
        for (const auto& [number, device] : devices_)
            if (!seen.contains(number)) left.push_back(number);
        for (const auto number : left) end(number);
    }
    as_listed_ = true;
    listed_once_ = true;
    check_baseline();
}

void Tracker::uevent(UeventReading uevent) {
    const auto number = uevent_device(uevent);
    if (!number) return;
    const auto diskseq = uevent_diskseq(uevent);
    auto* device = find(*number);
    if (device && diskseq && device->id.diskseq && *diskseq != *device->id.diskseq) {
        if (*diskseq < *device->id.diskseq) return; // of a lifetime that is over
        end(*number);
        device = nullptr;
    }
    if (device && diskseq) device->id.diskseq = diskseq;
    if (!device) wants_list_ = true;

    const auto action = uevent["ACTION"];
    if (action == "remove") {
        if (device) end(*number);
        wants_list_ = true;
        check_baseline();
        return;
    }
    if (device) touched(*device);
    if (!uevent["DM_ACTION"].empty()) {
        out_.push_back(std::move(uevent));
    } else if (action == "change" && device) {
        forget_table(*device);
        device->tries = 0;
        set_alarm(pauses_, *number, device->not_before, std::nullopt);
        want(*device, Why::uevent);
        if (device->announced)
            out_.push_back(std::move(uevent)); // a resume: what comes next may be unsettled
    }
}

void Tracker::overrun() {
    out_.push_back(Overrun{});
    wants_list_ = true;
    for (auto& [number, device] : devices_) {
        touched(device);
        device.known_table.reset();
        want(device, Why::resync);
    }
}

void Tracker::wish(DevNum number, std::optional<Time> by) {
    if (auto* device = find(number)) set_alarm(wishes_, number, device->wish, by);
}

void Tracker::look_again(DevNum number) {
    if (auto* device = find(number)) want(*device, Why::poll);
}

std::vector<DevNum> Tracker::awake() const {
    std::vector<DevNum> numbers;
    for (const auto& [number, device] : devices_)
        if (device.handed_on && !device.suspended) numbers.push_back(number);
    return numbers;
}

bool Tracker::has_late(Time now) const {
    return std::any_of(calls_.begin(), calls_.end(),
                       [now](const auto& c) { return !c.second.stuck && c.second.deadline <= now; });
}

std::size_t Tracker::advance(Time now) {
    std::size_t polled = 0;
    std::vector<std::uint32_t> late;
    for (const auto& [id, call] : calls_)
        if (!call.stuck && call.deadline <= now) late.push_back(id);
    for (const auto id : late) stuck(id, calls_.at(id));
    while (!pauses_.empty() && pauses_.begin()->first <= now) {
        auto& device = *find(pauses_.begin()->second);
        set_alarm(pauses_, device.id.number, device.not_before, std::nullopt);
        enqueue(device);
    }
    while (!wishes_.empty() && wishes_.begin()->first <= now) {
        auto& device = *find(wishes_.begin()->second);
        set_alarm(wishes_, device.id.number, device.wish, std::nullopt);
        if (device.call) continue; // what is being read now will do
        want(device, Why::poll);
        ++polled;
    }
    return polled;
}

std::optional<Time> Tracker::due() const {
    std::optional<Time> soonest;
    const auto consider = [&soonest](Time when) { soonest = soonest ? std::min(*soonest, when) : when; };
    for (const auto& [id, call] : calls_)
        if (!call.stuck) consider(call.deadline);
    if (!pauses_.empty()) consider(pauses_.begin()->first);
    if (!wishes_.empty()) consider(wishes_.begin()->first);
    return soonest;
}

std::vector<Tracker::What> Tracker::take() { return std::exchange(out_, {}); }

std::vector<std::uint32_t> Tracker::take_stuck() { return std::exchange(newly_stuck_, {}); }

void Tracker::want(Device& device, Why why) {
    if (!device.wanted || rank(why) > rank(*device.wanted)) device.wanted = why;
    enqueue(device);
}

void Tracker::touched(Device& device) {
    if (device.call) calls_.at(*device.call).stale = true;
}

void Tracker::set_alarm(std::set<std::pair<Time, DevNum>>& alarms, DevNum number, std::optional<Time>& slot,
                        std::optional<Time> when) {
    if (slot) alarms.erase({*slot, number});
    slot = when;
    if (slot) alarms.insert({*slot, number});
}

void Tracker::baseline_without(Device& device) {
    if (std::exchange(device.holds_baseline, false)) --baseline_left_;
}

void Tracker::no_readers() {
    for (auto& [number, device] : devices_) baseline_without(device);
    check_baseline();
}

void Tracker::check_baseline() {
    if (baseline_done_ || !listed_once_ || baseline_left_ > 0) return;
    baseline_done_ = true;
    out_.push_back(BaselineDone{});
}

} // namespace dmev
