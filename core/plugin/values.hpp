// SPDX-License-Identifier: Apache-2.0
// Values as they cross the plugin boundary: lent to a plugin for the length of a call, and copied from what
// it says before they are believed.
#pragma once
#include <dmevent/plugin.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/device.hpp"
#include "model/event.hpp"
#include "plugin/plugin.hpp"
#include "plugin/said.hpp"

namespace dmev {

// NUL-terminated where TEXT is.
dmevent_str borrow(std::string_view text);

// Each of a look's fields goes into each of its events, so that the product of both counts.
inline constexpr std::size_t kMostFields = 256;

// Copies of what a plugin gives in one call. Each throws where that cannot be believed: a size that no memory
// has, nothing where something is announced, a value of no known kind, a number that is none, more words than
// any target has to say.
class Intake {
 public:
    std::string text(dmevent_str text) { return std::string{view(text)}; }
    // A part's name: a path, a leg.
    void key(dmevent_str key, std::string& into);
    // A reason, cut where it gets long: what explains a fault is not to be one.
    static std::string reason(dmevent_str why);
    // One more field, or another value of the one that has its name.
    void field(const dmevent_field* field, StatedFields& into);
    // These and no others.
    void fields(const dmevent_field* fields, std::size_t n, StatedFields& into);
    // One more condition, happening or the like.
    void statement();

 private:
    std::string_view view(dmevent_str text);
    void value(const dmevent_field& field, int depth, Value& into);
    std::size_t bytes_ = 0, values_ = 0, statements_ = 0; // so far
};

// A device in the ABI's form, for the length of a call. The kernel's strings are NUL-terminated because they
// come from std::string.
class ShownDevice {
 public:
    explicit ShownDevice(const DeviceId& id);
    ShownDevice(const ShownDevice&) = delete;
    // A target of it; the result points to the device.
    dmevent_target target(const TargetView& view) const;

 private:
    LvmName lvm_;
    dmevent_device device_;
};

// FIELDS in the ABI's form; they must outlive it.
class Lent {
 public:
    explicit Lent(const Fields& fields);
    Lent(const Lent&) = delete;
    const dmevent_field* data() const { return fields_.data(); }
    std::size_t size() const { return fields_.size(); }

 private:
    dmevent_field lend(std::string_view name, const Value& value);
    std::vector<std::vector<dmevent_field>> lists_; // what the fields of kind list point into
    std::vector<dmevent_field> fields_;
};

// What the exception means that is being handled, in words for a fault.
std::string what_left_it();

} // namespace dmev
