// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>
#include <span>

#include "base/loop.hpp"
#include "engine/engine.hpp"
#include "service/filter.hpp"
#include "service/reactor.hpp"
#include "source/source.hpp"

namespace dmev {

// Carries observations from a source through the engine, wishes back to the source, and wanted events out.
// It keeps the engine's appointments with one timer of the loop. Owns neither loop nor source.
class Monitor {
 public:
    struct Ports {
        std::function<void(const Event&)> report;       // wanted events
        std::function<void(const Observation&)> record; // everything, ignored devices too; may be empty
        std::function<void()> ready;   // once, when what was there has been read; may be empty
        std::function<Time()> clock;   // the source's own
        std::function<void()> settled; // all is done that was to be done about what came; may be empty
        Reactor* reactor = nullptr;    // is told of wanted events; may be set until start()
    };
    struct Options {
        Filter filter;
        bool once = false; // stop the loop after the first event that ends_once(), and what it sets off
        EngineOptions engine;
    };
    // All references must outlive the monitor.
    Monitor(Loop& loop, Source& source, const Catalogue& catalogue, std::span<const Plugin> plugins,
            Options options, Ports ports);
    ~Monitor();
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    // What an earlier instance knew in this boot, and what a successor must know: the engine's rows. Before
    // start().
    std::vector<Error> restore(std::span<const Remembered> rows) { return engine_.restore(rows); }
    std::vector<Remembered> changed() { return engine_.changed(); }
    void remember_all() { engine_.remember_all(); } // at a clean end

    // Starts the source; the loop does the rest.
    Result<> start();

    void react(Reactor& reactor) { ports_.reactor = &reactor; }
    // The reactor's next appointment, or whether it is idle, may be another now.
    void reconsider();
    // An event of the reactor's own: shown, unless its device is ignored.
    void report(const Event& event) {
        if (options_.filter.wants(event)) ports_.report(event);
    }
    // Read DEVICE by then at the latest.
    void read_again(DevNum device, Time by) { source_.wish({device, by}); }

    const Engine& engine() const { return engine_; }
    std::vector<Event> standing() const; // the wanted conditions that hold
    // Other filters and limits, from a reload; TYPES as of Engine::retune().
    void retune(Filter filter, const EngineOptions& options, std::span<const std::string> types);

 private:
    void take(Observation&& observation);
    void keep_appointment();
    void raised(Event&& event);
    void settle();
    void react();
    void make_appointment();

    Loop& loop_;
    Source& source_;
    Options options_;
    Ports ports_;
    Engine engine_;
    std::optional<Time> due_;
    Loop::TimerId timer_ = 0;
    bool raised_ = false; // since it was last set to false
    bool ready_ = false;
    bool done_ = false;
    bool reacting_ = false;
    std::vector<Event> raised_events_; // not told to the reactor yet
};

} // namespace dmev
