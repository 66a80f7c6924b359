// SPDX-License-Identifier: Apache-2.0
#include "service/monitor.hpp"

#include <algorithm>
#include <utility>

namespace dmev {

Monitor::Monitor(Loop& loop, Source& source, const Catalogue& catalogue, std::span<const Plugin> plugins,
                 Options options, Ports ports)
    : loop_(loop),
      source_(source),
      options_(std::move(options)),
      ports_(std::move(ports)),
      engine_(catalogue, plugins, options_.engine, [this](Event&& event) { raised(std::move(event)); }) {}

Monitor::~Monitor() {
    if (timer_ != 0) loop_.cancel(timer_);
}

Result<> Monitor::start() {
    return source_.start(loop_, [this](Observation&& observation) { take(std::move(observation)); });
}

void Monitor::take(Observation&& observation) {
    // Recorded first, so that a recording ends with what a crash was about.
    if (ports_.record) ports_.record(observation);
    engine_.observe(observation);
    settle();
    if (const auto* reading = std::get_if<DeviceReading>(&observation.what); reading && ports_.reactor)
        ports_.reactor->looked(reading->id.number);
    if (ready_ || !std::holds_alternative<BaselineDone>(observation.what)) return;
    ready_ = true;
    if (ports_.reactor) ports_.reactor->ready();
    if (ports_.ready) ports_.ready();
}

void Monitor::keep_appointment() {
    timer_ = 0;
    due_.reset();
    const auto now = ports_.clock();
    raised_ = false;
    engine_.advance(now);
    // Without it a replay would be told of the hour only by the next observation, if there is one.
    if (raised_ && ports_.record) ports_.record(Observation{now, Tick{}});
    react();
    if (ports_.reactor) ports_.reactor->advance(now);
    settle();
}

void Monitor::raised(Event&& event) {
    raised_ = true;
    if (done_ || !options_.filter.wants(event)) return;
    ports_.report(event);
    done_ = options_.once && ends_once(event);
    if (ports_.reactor)
        raised_events_.push_back(std::move(event));
    else if (done_)
        loop_.stop();
}

// The reactor is told when the engine has returned, since it asks the engine what is so now.
void Monitor::react() {
    reacting_ = true; // all of them, before it is asked whether it is idle
    if (const auto events = std::exchange(raised_events_, {}); !events.empty())
        ports_.reactor->take_all(events);
    reacting_ = false;
}

// After every step of the engine: pass on its wishes and its events, and set the timer to what is due next.
void Monitor::settle() {
    for (const auto& wish : engine_.take_wishes()) source_.wish(wish);
    react();
    reconsider();
}

void Monitor::reconsider() {
    if (reacting_) return;
    if (done_ && ports_.reactor && ports_.reactor->idle()) loop_.stop();
    make_appointment();
    if (ports_.settled) ports_.settled();
}

void Monitor::make_appointment() {
    auto due = engine_.due();
    if (ports_.reactor)
        if (const auto reacts = ports_.reactor->due(); reacts && (!due || *reacts < *due)) due = reacts;
    if (due == due_) return;
    if (timer_ != 0) loop_.cancel(timer_);
    timer_ = 0;
    due_ = due;
    if (!due) return;
    const auto delay = std::max(*due - ports_.clock(), Duration{0});
    timer_ = loop_.after(std::chrono::ceil<std::chrono::milliseconds>(delay), [this] { keep_appointment(); });
}

std::vector<Event> Monitor::standing() const {
    auto events = engine_.standing();
    std::erase_if(events, [&](const Event& event) { return !options_.filter.wants(event); });
    return events;
}

void Monitor::retune(Filter filter, const EngineOptions& options, std::span<const std::string> types) {
    options_.filter = std::move(filter);
    engine_.retune(options, types);
    settle();
}

} // namespace dmev
