// SPDX-License-Identifier: Apache-2.0
#include "service/monitor.hpp"

#include <algorithm>

namespace dmev {

Monitor::Monitor(Loop& loop, Source& source, const Catalogue& catalogue, std::span<const Plugin> plugins,
                 Options options, Ports ports)
    : loop_(loop),
      source_(source),
      options_(std::move(options)),
      ports_(std::move(ports)),
      engine_(catalogue, plugins, options_.engine, [this](Event&& event) { raised(event); }) {}

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
    if (ready_ || !std::holds_alternative<BaselineDone>(observation.what)) return;
    ready_ = true;
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
    settle();
}

void Monitor::raised(const Event& event) {
    raised_ = true;
    if (done_ || !options_.filter.wants(event)) return;
    ports_.report(event);
    if (!options_.once || !ends_once(event)) return;
    done_ = true;
    loop_.stop();
}

// After every step of the engine: pass on its wishes, and set the timer to its next appointment.
void Monitor::settle() {
    for (const auto& wish : engine_.take_wishes()) source_.wish(wish.device, wish.by);
    const auto due = engine_.due();
    if (due == due_) return;
    if (timer_ != 0) loop_.cancel(timer_);
    timer_ = 0;
    due_ = due;
    if (!due) return;
    const auto delay = std::max(*due - ports_.clock(), Duration{0});
    timer_ = loop_.after(std::chrono::ceil<std::chrono::milliseconds>(delay), [this] { keep_appointment(); });
}

} // namespace dmev
