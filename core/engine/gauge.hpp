// SPDX-License-Identifier: Apache-2.0
// One gauge of one target: which threshold was last reached, and how soon the next one may be.
#pragma once
#include <optional>

#include "base/time.hpp"
#include "engine/options.hpp"
#include "model/catalogue.hpp"

namespace dmev {

class GaugeState {
 public:
    GaugeState() = default;
    // What outlives the process.
    struct Saved {
        int level = -1;
        std::uint64_t used = 0, total = 0;
        std::optional<Time> at; // none: it was never stated
    };
    GaugeState(const GaugeType& type, const Saved& saved);
    Saved saved() const { return {level_, used_, total_, at_}; }

    struct News {
        bool raised = false;  // else it ended
        double threshold = 0; // percent: the highest step reached
        double percent = 0;
    };

    // Takes in a reading. Told once per reading: the highest step newly reached (100 always is one), or the
    // end. A step is armed again at-clear points below it; growth arms all and tells at once what still
    // holds.
    std::optional<News> update(const GaugeType& type, std::uint64_t used, std::uint64_t total, Time now);

    // The same values were read again.
    void unchanged(Time now);

    // Its limits are others now: the next reading is told as after growth.
    void retune() { retuned_ = true; }
    bool retuned() const { return retuned_; }

    bool holds() const { return level_ >= 0; }

    // When to read next; none when nothing is watched, or it was never stated. Far from a limit, or standing
    // still: the interval.
    std::optional<Duration> next_read(const GaugeType& type, const EngineOptions& options) const;

    static constexpr double near_percent = 10;
    // Whether a little more reaches the next limit, WITHIN percent of the whole.
    bool near(const GaugeType& type, double within = near_percent) const;

 private:
    // Limit of step K in percent; the last step is full.
    static double limit(const GaugeType& type, int k);
    static int last_step(const GaugeType& type);
    static int reached(const GaugeType& type, double percent);

    int level_ = -1; // the step that holds
    std::uint64_t used_ = 0, total_ = 0;
    std::optional<Time> at_;
    double rate_ = 0;   // units per second, while it rises
    int unchanged_ = 0; // readings in a row
    bool retuned_ = false;
};

} // namespace dmev
