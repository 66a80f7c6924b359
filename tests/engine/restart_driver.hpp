// SPDX-License-Identifier: Apache-2.0
// An engine whose rows are kept as the ledger keeps them, and a successor that starts from them.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "model/event_json.hpp"

namespace dmev {

// Rows as the ledger has them: the last one of each key.
class Rows {
 public:
    void take(std::vector<Remembered>&& changed) {
        for (auto& row : changed) {
            ++written;
            if (row.value.empty())
                rows_.erase(row.key);
            else
                rows_[row.key] = std::move(row);
        }
    }
    std::vector<Remembered> all() const {
        std::vector<Remembered> out;
        for (const auto& [key, row] : rows_) out.push_back(row);
        return out;
    }
    int written = 0;

 private:
    std::map<std::string, Remembered> rows_;
};

// One instance of the program, as far as the engine goes.
class Life {
 public:
    Life(const Catalogue& catalogue, std::span<const Plugin> plugins)
        : engine(catalogue, plugins, {}, [this](Event&& e) { events.push_back(std::move(e)); }) {}

    void observe(const Observation& observation) {
        engine.observe(observation);
        now = std::max(now, observation.at);
        if (const auto* reading = std::get_if<DeviceReading>(&observation.what))
            last[reading->id.number] = *reading;
    }

    // Every device that is there as it was read last, at NOW; false when one was never read.
    bool read_all(Why why) {
        const auto devices = engine.devices();
        for (const auto& device : devices)
            if (!is_unresponsive(device) && !has_reading(device)) return false;
        for (const auto& device : devices) {
            if (is_unresponsive(device)) {
                engine.observe({now, Unresponsive{device.id, {device.id.name}}});
                continue;
            }
            auto reading = last.at(device.id.number);
            reading.why = why;
            engine.observe({now, std::move(reading)});
        }
        engine.observe({now, BaselineDone{}});
        return true;
    }

    // Everything that holds, with its since and data.
    std::vector<std::string> holding() const {
        std::vector<std::string> out;
        for (const auto& device : engine.devices())
            for (const auto& h : device.holding) {
                std::string line = device.id.name + " " + h.type + " " + h.part + " " + format_utc(h.since);
                JsonWriter json{line};
                put_fields(json, h.data);
                out.push_back(std::move(line));
            }
        return out;
    }

    std::vector<Event> events;
    Engine engine;
    Time now{};
    std::map<DevNum, DeviceReading> last;

 private:
    static bool is_unresponsive(const DeviceState& device) {
        for (const auto& h : device.holding)
            if (h.type == "device.unresponsive") return true;
        return false;
    }
    bool has_reading(const DeviceState& device) const {
        const auto it = last.find(device.id.number);
        if (it == last.end()) return false;
        const auto& read = it->second.id.diskseq;
        return !read || !device.id.diskseq || *read == *device.id.diskseq;
    }
};

// The event as it is but for what has to differ: its id, its source, the steps of event_nr.
inline std::string essence(Event event) {
    event.id.clear();
    event.source.clear();
    if (event.kernel) event.kernel->steps = 0;
    return event_json(event);
}

} // namespace dmev
