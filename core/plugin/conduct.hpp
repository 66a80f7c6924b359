// SPDX-License-Identifier: Apache-2.0
// How one plugin behaves from call to call: what it broke, how long it took, and whether it is set aside,
// that is, not called any more. Calls of one plugin must not overlap.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "plugin/crash_note.hpp"

namespace dmev {

class Conduct {
 public:
    // So many faults in a row set it aside. One good call ends the row, since a plugin that works for one
    // device is of more use than none. Counted, not timed: a replay decides as the watch did.
    static constexpr int kFaultsInARow = 5;
    // Parsing a status takes microseconds. While a call lasts nothing else is seen. It is real time: a call
    // that waits holds us up like one that works. A busy machine seldom interrupts a call, and not five in a
    // row.
    static constexpr std::chrono::milliseconds kBudget{100};
    static constexpr std::chrono::hours kOverrunTold{1}; // at most once in this
    static constexpr std::chrono::minutes kFaultTold{1}; // the same
    // Nanoseconds of a clock that does not run backwards.
    using Clock = std::int64_t (*)();

    explicit Conduct(std::string name) : name_(std::move(name)) {}

    // From now on calls are timed. Without it none is late, and of each row of faults only the first is told.
    void time_by(Clock clock) { clock_ = clock; }
    // What a crash in a call is to say of the plugin: members of a JSON object.
    void identify(std::string members) { members_ = std::move(members); }

    const char* members() const { return members_.empty() ? nullptr : members_.c_str(); }
    std::int64_t now() const { return clock_ ? clock_() : 0; }

    // CALL took from BEGUN until now. FAULT: what it broke, or empty. COUNTS: towards setting it aside.
    void judge(const PluginCall& call, std::int64_t begun, std::string_view fault, bool counts);

    // Why it is set aside; empty while it is not.
    const std::string& set_aside() const { return set_aside_; }
    void set_aside(std::string why);
    // Calls it again. True when it was set aside.
    bool bring_back();

 private:
    void tell_fault(const PluginCall& call, std::string_view fault, std::int64_t now);
    void tell_overrun(const PluginCall& call, std::int64_t took, std::int64_t now);

    std::string name_, members_, set_aside_;
    Clock clock_ = nullptr;
    int row_ = 0;
    std::int64_t next_fault_told_ = 0, next_overrun_told_ = 0;
    std::uint64_t untold_faults_ = 0, untold_overruns_ = 0;
};

} // namespace dmev
