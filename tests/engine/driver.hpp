// SPDX-License-Identifier: Apache-2.0
// Drives an engine with toy devices and shows what came out as short lines:
//   "TYPE[ PART][ raised|cleared][ initial][ repeat][ inferred]"
#pragma once
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "fakes/toy_plugin.hpp"

namespace dmev {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

class Driver {
 public:
    explicit Driver(EngineOptions options = {}) {
        plugins_.push_back(toy::plugin());
        catalogue_.add(plugins_[0].family());
        engine_ = std::make_unique<Engine>(catalogue_, plugins_, options,
                                           [this](Event&& e) { events.push_back(std::move(e)); });
    }

    Time at{Duration{1'000'000'000'000}};
    Driver& after(Duration d) {
        at += d;
        return *this;
    }

    template <class T>
    Driver& see(T what) {
        engine_->observe({at, std::move(what)});
        return *this;
    }
    // A toy at 253:MINOR; LIFE 0 is a kernel without diskseq.
    DeviceReading toy(const std::string& status, std::uint32_t event_nr = 0, Why why = Why::kernel,
                      std::uint32_t minor = 0, std::uint64_t life = 7) const {
        DeviceReading r;
        r.why = why;
        r.id = {"toy" + std::to_string(minor), "", {253, minor}, {}};
        if (life) r.id.diskseq = life;
        r.event_nr = event_nr;
        r.targets.push_back({0, 1000, type, table, status});
        return r;
    }
    UeventReading path(const std::string& action, const std::string& path, int seq, std::uint32_t minor = 0,
                       std::uint64_t life = 7) const {
        return {{{"ACTION", "change"},
                 {"SUBSYSTEM", "block"},
                 {"DM_TARGET", type},
                 {"DM_ACTION", action},
                 {"DM_SEQNUM", std::to_string(seq)},
                 {"DM_PATH", path},
                 {"DM_NAME", "toy" + std::to_string(minor)},
                 {"MAJOR", "253"},
                 {"MINOR", std::to_string(minor)},
                 {"DISKSEQ", std::to_string(life)},
                 {"SEQNUM", std::to_string(1000 + seq)}}};
    }
    UeventReading plain(const std::string& action, std::uint64_t life = 7) const {
        return {{{"ACTION", action},
                 {"SUBSYSTEM", "block"},
                 {"MAJOR", "253"},
                 {"MINOR", "0"},
                 {"DISKSEQ", std::to_string(life)}}};
    }
    Driver& start(const std::string& status) { return see(toy(status, 0, Why::start)).see(BaselineDone{}); }

    Lines take() {
        Lines out;
        for (const auto& e : events) out.push_back(line(e));
        events.clear();
        return out;
    }
    static std::string line(const Event& e) {
        std::string s = e.type;
        if (!e.part.empty()) s += " " + e.part;
        if (e.state != State::happened) s += std::string{" "} + state_name(e.state);
        if (e.initial) s += " initial";
        if (e.repeat) s += " repeat";
        if (e.inferred) s += " inferred";
        return s;
    }
    // The read-by time of 253:0 that is out, counted from now; -1: none.
    double wish() {
        double out = -2;
        for (const auto& w : engine_->take_wishes())
            if (w.device == DevNum{253, 0})
                out = w.by ? std::chrono::duration<double>(*w.by - at).count() : -1;
        return out;
    }

    std::string type = "toy", table = "t";
    std::vector<Event> events;
    Engine& engine() { return *engine_; }
    Plugin& plugin() { return plugins_[0]; }

 private:
    Catalogue catalogue_;
    std::vector<Plugin> plugins_;
    std::unique_ptr<Engine> engine_;
};

} // namespace dmev
