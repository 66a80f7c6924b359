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

namespace dmev {

// NUL-terminated where TEXT is.
dmevent_str borrow(std::string_view text);

// Copies of what a plugin gave. Each throws where that cannot be: a size that no memory has, a value of no
// known kind.
std::string own(dmevent_str text);
Value own(const dmevent_field& field);
Fields own(const dmevent_field* fields, std::size_t n);

// Device and target in the ABI's form, for the length of a call. The kernel's strings are NUL-terminated
// because they come from std::string.
class Shown {
 public:
    explicit Shown(const TargetView& view);
    Shown(const Shown&) = delete;
    const dmevent_target& target() const { return target_; }

 private:
    LvmName lvm_;
    dmevent_device device_;
    dmevent_target target_;
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
