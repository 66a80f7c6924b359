// SPDX-License-Identifier: Apache-2.0
// The calls a Tracker makes: who is asked next, and what becomes of the replies.
#include <algorithm>
#include <utility>

#include "source/tracker.hpp"

namespace dmev {

namespace {

// What is read only because it is time stands behind what something happened to.
constexpr std::uint64_t patient = 1ull << 63;
constexpr std::size_t many = 8;

} // namespace

void Tracker::enqueue(Device& device) {
    if (!device.wanted || device.call || device.awaits_list || device.not_before) return;
    const auto class_of_place = *device.wanted == Why::poll ? patient : 0;
    if (device.queued != 0 && (device.queued & patient) <= class_of_place) return;
    dequeue(device);
    device.queued = ++last_place_ | class_of_place;
    queue_of(device).insert({device.queued, device.id.number});
}

void Tracker::dequeue(Device& device) {
    queue_of(device).erase({device.queued, device.id.number});
    device.queued = 0;
}

// A few that are in a hurry do not wait for a reader that may turn out to hang.
bool Tracker::many_wait() const {
    const auto& queue = tables_.empty() ? statuses_ : tables_;
    return queue.size() > many &&
           ((queue.begin()->first & patient) != 0 || (std::next(queue.begin(), many)->first & patient) == 0);
}

// Unknown groups come first: of who turns out to hang with another the status is not asked yet.
std::optional<ReadRequest> Tracker::next_call(Time now) {
    if (!tables_.empty()) return begin(*find(tables_.begin()->second), true, now);
    for (const auto& [place, number] : statuses_) {
        auto& device = *find(number);
        const auto group = groups_.find(group_of(device));
        if (group != groups_.end() && (group->second.call || !group->second.stuck.empty())) continue;
        return begin(device, false, now);
    }
    return std::nullopt;
}

ReadRequest Tracker::begin(Device& device, bool group_unknown, Time now) {
    dequeue(device);
    const auto id = ++last_call_;
    Call call;
    call.device = device.id.number;
    call.group = group_unknown ? device.id.number : group_of(device);
    call.lifetime = device.lifetime;
    call.group_unknown = group_unknown;
    call.why = *std::exchange(device.wanted, std::nullopt);
    call.deadline = now + options_.deadline;
    device.call = id;
    if (auto& group = groups_[call.group]; !group_unknown || !group.call) group.call = id;
    calls_.emplace(id, call);
    return {id, call.device, group_unknown, device.leader, group_unknown ? std::nullopt : device.known_table};
}

// The device that was asked, unless its lifetime is over.
Tracker::Device* Tracker::device_of(const Call& call) {
    auto* device = find(call.device);
    return device && device->lifetime == call.lifetime ? device : nullptr;
}

bool Tracker::hangs(const Device& device) const {
    const auto group = groups_.find(group_of(device));
    return group != groups_.end() && !group->second.stuck.empty();
}

void Tracker::stuck(std::uint32_t id, Call& call) {
    call.stuck = true;
    ++stuck_;
    newly_stuck_.push_back(id);
    // What was asked may have left meanwhile, and its group with it: then only the reader is lost.
    const auto* asked = device_of(call);
    auto* leader = find(call.group);
    const auto known = groups_.find(call.group);
    const bool in_group =
        call.group_unknown ? asked != nullptr : known != groups_.end() && known->second.call == id;
    if (!in_group || (!asked && !leader)) return;
    auto& group = groups_[call.group];
    group.stuck.insert(id);
    if (group.stuck.size() > 1) return;

    group.told = leader ? leader->id : asked->id;
    Unresponsive unresponsive{group.told, {}};
    for (auto& [number, device] : devices_) {
        if (number != call.group && group_of(device) != call.group) continue;
        unresponsive.devices.push_back(device.id.name);
        device.announced = true;
        baseline_without(device);
    }
    out_.push_back(std::move(unresponsive));
    check_baseline();
}

// A call of the group has returned, one way or another. A group that began anew knows nothing of older calls.
void Tracker::released(DevNum number, std::uint32_t id) {
    const auto it = groups_.find(number);
    if (it == groups_.end()) return;
    auto& group = it->second;
    if (group.call == id) group.call.reset();
    if (group.stuck.erase(id) > 0 && group.stuck.empty()) {
        out_.push_back(Responsive{group.told});
        for (auto& [member, device] : devices_)
            if (member == number || group_of(device) == number)
                want(device, device.there_at_start && !device.handed_on ? Why::start : Why::poll);
    }
    if (!group.call && group.stuck.empty()) groups_.erase(it);
}

std::optional<Tracker::Call> Tracker::finish(std::uint32_t id) {
    const auto it = calls_.find(id);
    if (it == calls_.end()) return std::nullopt;
    const auto call = it->second;
    calls_.erase(it);
    if (call.stuck) --stuck_;
    if (auto* device = device_of(call)) device->call.reset();
    released(call.group, id);
    return call;
}

void Tracker::lost(std::uint32_t id, Time now) {
    const auto call = finish(id);
    if (!call) return;
    if (auto* device = device_of(*call)) retry(*device, call->why, now);
    check_baseline();
}

void Tracker::withdrawn(std::uint32_t id) {
    const auto call = finish(id);
    if (!call) return;
    if (auto* device = device_of(*call)) want(*device, call->why);
    check_baseline();
}

void Tracker::replied(ReadReply reply, Time now) {
    const auto call = finish(reply.id);
    if (!call) return;
    if (auto* device = device_of(*call)) {
        if (call->stale || call->stuck)
            want(*device, call->why);
        else
            accept(*device, std::move(reply), call->why, now);
    }
    check_baseline();
}

void Tracker::accept(Device& device, ReadReply reply, Why why, Time now) {
    switch (reply.outcome) {
        case ReadOutcome::gone:
            device.awaits_list = true;
            as_listed_ = false;
            wants_list_ = true;
            retry(device, why, now);
            return;
        case ReadOutcome::torn:
        case ReadOutcome::failed: retry(device, why, now); return;
        case ReadOutcome::table:
            device.leader = reply.leader;
            device.group_known = true;
            want(device, why);
            if (hangs(device)) baseline_without(device);
            return;
        case ReadOutcome::reading: break;
    }
    device.leader = reply.leader;
    device.group_known = true;
    device.known_table = reply.known_table;
    if (!is_other(device, reply.reading)) {
        hand_on(device, std::move(reply.reading), why);
        return;
    }
    const auto &known = device.id.diskseq, &seen = reply.reading.id.diskseq;
    wants_list_ = true;
    if (known && seen && *seen < *known) { // it began before the uevent that told of the newer one
        want(device, why);
        return;
    }
    const ListedDevice successor{device.id.number, reply.reading.id.name, reply.reading.id.uuid,
                                 reply.reading.event_nr};
    end(successor.number);
    auto& fresh = add(successor);
    dequeue(fresh);
    fresh.wanted.reset();
    fresh.leader = reply.leader;
    fresh.group_known = true;
    fresh.known_table = reply.known_table;
    hand_on(fresh, std::move(reply.reading), Why::kernel);
}

void Tracker::hand_on(Device& device, DeviceReading reading, Why why) {
    if (why == Why::poll && device.handed_on && reading.event_nr != device.event_nr) why = Why::kernel;
    if (!reading.id.diskseq) reading.id.diskseq = device.id.diskseq;
    reading.why = why;
    // The list may be newer than the reading, or older: only another one can tell.
    if (reading.event_nr != device.listed_nr || reading.id.name != device.listed_name) wants_list_ = true;
    device.id = reading.id;
    device.event_nr = reading.event_nr;
    device.handed_on = device.announced = true;
    device.suspended = reading.suspended;
    device.tries = 0;
    out_.push_back(std::move(reading));
    baseline_without(device);
    enqueue(device); // what was wanted meanwhile
}

// It may have another one: its group is not known, and nothing of its table.
void Tracker::forget_table(Device& device) {
    dequeue(device);
    device.group_known = false;
    device.known_table.reset();
}

// Never given up, but ever more seldom; and what takes so long does not hold up the baseline.
void Tracker::retry(Device& device, Why why, Time now) {
    forget_table(device);
    if (++device.tries > options_.quick_retries) {
        const auto doublings = std::min(device.tries - options_.quick_retries - 1, 16u);
        set_alarm(pauses_, device.id.number, device.not_before,
                  now + std::min(options_.first_pause * (1 << doublings), options_.longest_pause));
        baseline_without(device);
    }
    want(device, why);
}

} // namespace dmev
