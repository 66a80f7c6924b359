// SPDX-License-Identifier: Apache-2.0
#include "service/lvm_need.hpp"

#include <algorithm>
#include <utility>

namespace dmev {

LvmNeed::LvmNeed(Loop& loop, Ports ports, Loop::Clock::duration lasts)
    : loop_(loop), ports_(std::move(ports)), lasts_(lasts) {}

LvmNeed::~LvmNeed() { loop_.cancel(timer_); }

void LvmNeed::look() {
    if (Loop::Clock::now() >= next_)
        ask();
    else
        ask_at(next_);
}

void LvmNeed::ask() {
    const auto now = Loop::Clock::now();
    next_ = now + every;
    loop_.cancel(std::exchange(timer_, 0));
    const auto prospect = ports_.prospect();
    const bool near = prospect.near || prospect.newest > newest_;
    newest_ = std::max(newest_, prospect.newest);
    if (near) until_ = now + lasts_;
    const bool needed = near || (needed_ && now < until_);
    if (needed && !prospect.near) ask_at(until_);
    if (needed != std::exchange(needed_, needed)) ports_.needed(needed);
}

// Unless that is soon enough already.
void LvmNeed::ask_at(Loop::Clock::time_point when) {
    if (timer_ != 0 && due_ <= when) return;
    loop_.cancel(std::exchange(timer_, 0));
    due_ = when;
    timer_ = loop_.at(when, [this] {
        timer_ = 0;
        ask();
    });
}

} // namespace dmev
