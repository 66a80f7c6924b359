// SPDX-License-Identifier: Apache-2.0
#include "engine/gauge.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dmev {
namespace {

double percent_of(std::uint64_t used, std::uint64_t total) {
    return total == 0 ? 0 : 100.0 * static_cast<double>(used) / static_cast<double>(total);
}

} // namespace

int GaugeState::last_step(const GaugeType& type) {
    if (type.step <= 0) return type.at < 100 ? 1 : 0;
    return std::max(0, static_cast<int>(std::ceil((100 - type.at) / type.step - 1e-9)));
}

double GaugeState::limit(const GaugeType& type, int k) {
    return k >= last_step(type) ? 100.0 : type.at + k * type.step;
}

int GaugeState::reached(const GaugeType& type, double percent) {
    const int last = last_step(type);
    if (percent >= 100) return last;
    int k = -1;
    while (k + 1 < last && percent > limit(type, k + 1)) ++k;
    return k;
}

GaugeState::GaugeState(const GaugeType& type, const Saved& saved)
    : level_(std::clamp(saved.level, -1, last_step(type))),
      used_(saved.used),
      total_(saved.total),
      at_(saved.at) {}

std::optional<GaugeState::News> GaugeState::update(const GaugeType& type, std::uint64_t used,
                                                   std::uint64_t total, Time now) {
    const double percent = percent_of(used, total);
    const bool grew = (at_ && total > total_) || std::exchange(retuned_, false);
    const bool held = holds();

    if (at_ && now > *at_) {
        const double seconds = std::chrono::duration<double>(now - *at_).count();
        // Who writes does so in bursts, and between two readings there may have been none: what has sunk is
        // believed by halves.
        rate_ = std::max(used > used_ ? static_cast<double>(used - used_) / seconds : 0, rate_ / 2);
    }
    unchanged_ = at_ && used == used_ && total == total_ ? unchanged_ + 1 : 0;
    used_ = used;
    total_ = total;
    at_ = now;
    if (type.raises.empty()) return std::nullopt;
    if (type.at <= 0) { // off, perhaps only now
        level_ = -1;
        return held ? std::optional{News{false, type.at, percent}} : std::nullopt;
    }

    const int now_reached = reached(type, percent);
    if (grew) {
        level_ = -1;
    } else {
        const double arm_below = type.at - type.clear;
        while (level_ >= 0 && percent < limit(type, level_) - arm_below) --level_;
    }
    if (now_reached > level_) {
        level_ = now_reached;
        return News{true, limit(type, level_), percent};
    }
    if (held && !holds()) return News{false, type.at, percent};
    return std::nullopt;
}

void GaugeState::unchanged(Time now) {
    if (!at_) return;
    at_ = now;
    rate_ /= 2;
    ++unchanged_;
}

std::optional<Duration> GaugeState::next_read(const GaugeType& type, const EngineOptions& options) const {
    if (type.at <= 0 || type.raises.empty() || !at_) return std::nullopt;
    const auto interval = options.poll_interval;
    if (level_ >= last_step(type)) return interval;
    const double next = limit(type, level_ + 1);
    const double margin = std::max(0.0, next - percent_of(used_, total_));
    // A full step away: the interval; the nearer, the sooner, in case what writes begins at once.
    double seconds = std::chrono::duration<double>(interval).count();
    seconds *= std::min(1.0, margin / (type.step > 0 ? type.step : 5.0));
    if (rate_ > 0) {
        const double left = next / 100.0 * static_cast<double>(total_) - static_cast<double>(used_);
        seconds = std::min(seconds, std::max(0.0, left) / rate_ / 2);
    }
    // What stands still is asked less and less, so that a pool just below a limit costs nothing for ever.
    seconds = std::ldexp(seconds, std::min(unchanged_, 16));
    const auto wish =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(seconds, 1e6)));
    return std::clamp(wish, options.poll_fastest, interval);
}

bool GaugeState::near(const GaugeType& type, double within) const {
    if (type.at <= 0 || type.raises.empty() || !at_ || level_ >= last_step(type)) return false;
    return limit(type, level_ + 1) - percent_of(used_, total_) <= within;
}

} // namespace dmev
