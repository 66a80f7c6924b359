// SPDX-License-Identifier: Apache-2.0
#include "plugin/conduct.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "plugin/plugin.hpp"

namespace dmev {
namespace {

using std::chrono::nanoseconds;

// Enough of a status to find the line again.
constexpr std::size_t kLongestText = 300;

// "look() of thin-pool on vg-pool", in the kernel's own bytes.
std::string about(const PluginCall& call) {
    return fmt::format("{}() of {} on {}", call.function, call.target->type, call.target->device->name);
}

std::string and_before(std::uint64_t untold) {
    return untold ? fmt::format(" ({} more since the last that was told)", untold) : "";
}

} // namespace

void Conduct::judge(const PluginCall& call, std::int64_t begun, std::string_view fault, bool counts) {
    const auto now = this->now();
    const auto took = now - begun;
    const bool late = took > nanoseconds{kBudget}.count();
    if (late) tell_overrun(call, took, now);
    if (!fault.empty()) tell_fault(call, fault, now);
    if (!counts) return;
    if (!late && fault.empty()) {
        row_ = 0;
        return;
    }
    if (++row_ < kFaultsInARow) return;
    const auto last = fault.empty()
                          ? fmt::format("it took {} ms, more than {}", took / 1'000'000, kBudget.count())
                          : std::string{fault};
    set_aside(fmt::format("{} calls in a row failed, at last {}: {}", row_, about(call), last));
}

void Conduct::tell_fault(const PluginCall& call, std::string_view fault, std::int64_t now) {
    const bool due = clock_ ? now >= next_fault_told_ : row_ == 0;
    if (!due) {
        ++untold_faults_;
        return;
    }
    log::warning("plugin '{}' failed in {}: {}; the status was '{}'{}", name_, escape(about(call)),
                 escape(fault.substr(0, kLongestText)), escape(call.target->status.substr(0, kLongestText)),
                 and_before(std::exchange(untold_faults_, 0)));
    next_fault_told_ = now + nanoseconds{kFaultTold}.count();
}

void Conduct::tell_overrun(const PluginCall& call, std::int64_t took, std::int64_t now) {
    if (now < next_overrun_told_) {
        ++untold_overruns_;
        return;
    }
    log::warning("plugin '{}' took {} ms for {}, more than {} ms: nothing else is seen meanwhile{}", name_,
                 took / 1'000'000, escape(about(call)), kBudget.count(),
                 and_before(std::exchange(untold_overruns_, 0)));
    next_overrun_told_ = now + nanoseconds{kOverrunTold}.count();
}

void Conduct::set_aside(std::string why) {
    set_aside_ = fmt::format("it is set aside: {}; a reload (SIGHUP) tries it again", why);
    log::error("plugin '{}': {}", name_, escape(set_aside_));
}

bool Conduct::bring_back() {
    row_ = 0;
    return !std::exchange(set_aside_, {}).empty();
}

} // namespace dmev
