// SPDX-License-Identifier: Apache-2.0
// A Tracker with a make-believe kernel: devices that answer, hang or are torn when told to.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "source/tracker.hpp"

namespace dmev {

struct FakeDevice {
    std::string name, uuid;
    std::optional<std::uint64_t> diskseq;
    std::uint32_t event_nr = 0;
    std::optional<std::uint32_t> leader; // its minor
    bool claimed = true;                 // a status is wanted
    bool suspended = false;
};

class TrackerTest : public testing::Test {
 protected:
    using Told = std::vector<std::string>;

    static DevNum dev(std::uint32_t minor) { return {253, minor}; }

    void list() {
        std::vector<ListedDevice> entries;
        for (const auto& [minor, device] : kernel)
            entries.push_back({dev(minor), device.name,
                               list_uuids ? std::optional{device.uuid} : std::nullopt, device.event_nr});
        tracker.listing();
        devices.take(entries);
        tracker.listed(devices);
    }

    UeventReading uevent(std::uint32_t minor, const std::string& action,
                         std::vector<std::pair<std::string, std::string>> more = {}) {
        UeventReading result{{{"ACTION", action}, {"MAJOR", "253"}, {"MINOR", std::to_string(minor)}}};
        const auto it = kernel.find(minor);
        if (it != kernel.end() && it->second.diskseq)
            result.env.emplace_back("DISKSEQ", std::to_string(*it->second.diskseq));
        for (auto& variable : more) result.env.push_back(std::move(variable));
        return result;
    }
    UeventReading path_failed(std::uint32_t minor) {
        return uevent(minor, "change", {{"DM_ACTION", "PATH_FAILED"}});
    }

    // Would a reader ask for the status?
    bool asks_status(const ReadRequest& request) const {
        const auto it = kernel.find(request.device.minor);
        if (it == kernel.end() || !it->second.claimed) return false;
        const auto& leader = it->second.leader;
        if (request.group_unknown) return !leader;
        return request.leader == (leader ? std::optional{dev(*leader)} : std::nullopt);
    }

    // What a reader would say now.
    ReadReply answer(const ReadRequest& request) {
        ReadReply reply;
        reply.id = request.id;
        const auto it = kernel.find(request.device.minor);
        if (it == kernel.end()) {
            reply.outcome = ReadOutcome::gone;
            return reply;
        }
        const auto& device = it->second;
        if (device.leader) reply.leader = dev(*device.leader);
        if (device.claimed && !asks_status(request)) {
            reply.outcome = ReadOutcome::table;
            return reply;
        }
        reply.outcome = ReadOutcome::reading;
        reply.reading.id = {device.name, device.uuid, request.device, device.diskseq};
        reply.reading.event_nr = device.event_nr;
        reply.reading.suspended = device.suspended;
        if (device.diskseq) reply.reading.targets.push_back({0, 1, "x", std::nullopt, std::nullopt});
        return reply;
    }
    void reply(const ReadRequest& request) { tracker.replied(answer(request), now); }
    void reply(const ReadRequest& request, ReadOutcome outcome) {
        ReadReply said;
        said.id = request.id;
        said.outcome = outcome;
        tracker.replied(said, now);
    }

    std::optional<ReadRequest> next() { return tracker.next_call(now); }

    // The call that asks for MINOR's status; others are answered on the way.
    std::optional<ReadRequest> status_call(std::uint32_t minor) {
        while (auto call = next()) {
            if (call->device == dev(minor) && asks_status(*call)) return call;
            reply(*call);
        }
        return std::nullopt;
    }

    // Answers everything, lists when asked to; what hangs (by minor) is left under way.
    void settle(std::vector<std::uint32_t> hanging = {}) {
        for (int rounds = 0; rounds < 1000; ++rounds) {
            if (tracker.wants_list()) list();
            const auto call = next();
            if (!call) {
                if (tracker.wants_list()) continue;
                return;
            }
            const bool hangs =
                asks_status(*call) && std::count(hanging.begin(), hanging.end(), call->device.minor);
            if (hangs)
                stuck_calls.push_back(*call);
            else
                reply(*call);
        }
        ADD_FAILURE() << "it never settles";
    }

    std::size_t pass(Duration time) {
        now += time;
        return tracker.advance(now);
    }

    // What was handed on since the last time, one line each.
    Told told() {
        Told lines;
        for (const auto& what : tracker.take())
            lines.push_back(std::visit([](const auto& w) { return text(w); }, what));
        return lines;
    }

    static std::string text(const DeviceReading& r) {
        return std::string(why_name(r.why)) + " " + r.id.name + " ev=" + std::to_string(r.event_nr);
    }
    static std::string text(const UeventReading& u) { return "uevent " + std::string(u["DM_ACTION"]); }
    static std::string text(const DeviceRemoved& r) { return "removed " + r.id.name; }
    static std::string text(const BaselineDone&) { return "baseline"; }
    static std::string text(const Overrun&) { return "overrun"; }
    static std::string text(const Unresponsive& u) {
        std::string names = "unresponsive " + u.id.name + ":";
        for (const auto& name : u.devices) names += " " + name;
        return names;
    }
    static std::string text(const Responsive& r) { return "responsive " + r.id.name; }
    template <class T>
    static std::string text(const T&) {
        return "?";
    }

    std::map<std::uint32_t, FakeDevice> kernel;
    bool list_uuids = true;
    Tracker tracker;
    DeviceList devices;
    Time now{};
    std::vector<ReadRequest> stuck_calls;
};

} // namespace dmev
