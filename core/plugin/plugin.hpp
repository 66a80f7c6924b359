// SPDX-License-Identifier: Apache-2.0
// A plugin as the core calls it: the descriptor with its strides resolved, and what its functions said
// turned into our own values. It keeps the descriptor, what keeps that mapped, and how the plugin behaved.
#pragma once
#include <dmevent/plugin.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/catalogue.hpp"
#include "model/device.hpp"
#include "model/event.hpp"
#include "model/observation.hpp"
#include "plugin/conduct.hpp"
#include "plugin/said.hpp"

namespace dmev {

// A target as a plugin is shown it; borrowed for the call.
struct TargetView {
    const DeviceId* device = nullptr;
    std::uint32_t index = 0;
    std::uint64_t start = 0, length = 0;
    std::string_view type, table, status;
};

// What must be so after a program has ended, or it had no effect.
struct Expectation {
    enum class What { ended, grown, field };
    What what = What::ended;
    std::string name; // of a type, a gauge, a field
    std::string part; // ended: empty for all parts
    Value value;      // field
};

// What plan() gave: a program to run, or why not.
struct Planned {
    enum class Outcome { ok, refused, fault };
    Outcome outcome = Outcome::ok;
    std::string because;
    std::vector<std::string> argv;
    std::vector<std::pair<std::string, std::string>> env;
    std::string lock; // empty: the device's own
    bool interruptible = true;
    struct Manager {
        std::string who;
        std::vector<std::string> instead;
    };
    std::vector<Manager> managers;
    std::vector<Expectation> expect;
};

class Plugin {
 public:
    // Checks the descriptor (ABI number and size first, then every table: names, duplicates, ends_as, ranges)
    // and copies its tables. KEEP holds the library mapped; null for descriptors built into a program.
    static Result<Plugin> adopt(const dmevent_plugin* descriptor, std::string file,
                                std::shared_ptr<void> keep);

    const Family& family() const { return family_; }
    bool has_uevent() const;

    // Other limits for the gauge that raises TYPE.
    void tune(std::string_view type, double at, double step, double clear);

    // A protocol violation (an index out of range, happened without before, an exception that came through)
    // is a fault, and nothing of what was said counts. A plugin that is set aside is not called; its plans
    // are refused. Calls of one plugin must not overlap.
    // SAID is what it said, and nothing else; where it held much the same before, nothing is allocated.
    void look(const TargetView* before, const TargetView& now, Said& said) const;
    void uevent(const TargetView& last, const UeventReading& uevent, Said& said) const;
    Said look(const TargetView* before, const TargetView& now) const;
    Said uevent(const TargetView& last, const UeventReading& uevent) const;
    Planned plan(std::uint32_t hook, const Event& event, const TargetView& target, const Fields& args) const;

    // Each call has a say in it.
    Conduct& conduct() { return *conduct_; }
    const Conduct& conduct() const { return *conduct_; }

 private:
    Family family_;
    const dmevent_plugin* descriptor_ = nullptr;
    std::shared_ptr<void> keep_;
    std::shared_ptr<Conduct> conduct_; // a copy is the same plugin, with the same past
};

} // namespace dmev
