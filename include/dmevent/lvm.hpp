// SPDX-License-Identifier: Apache-2.0
// For hooks that change a logical volume with LVM's own program, as dmeventd does: header only, no state.
#pragma once
#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "plugin.hpp"

namespace dmevent::lvm {

// Whether LVM takes it for the name of a volume or a group: its own characters, and no option.
constexpr bool is_name(std::string_view name) {
    return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '_' || c == '.' || c == '-';
    });
}

// Whether LVM made DEVICE; LAYER: as that layer of a volume ("-tpool").
constexpr bool made(const dmevent_device& device, std::string_view layer = {}) {
    const auto uuid = view(device.uuid);
    return uuid.starts_with("LVM-") && uuid.ends_with(layer) && is_name(view(device.vg)) &&
           is_name(view(device.lv));
}

// Plans COMMAND ("lvextend" and its options) for volume LV of DEVICE's group. REQUIRES: made(DEVICE).
// It is never killed, is the only one on its group, and leaves alone what dmeventd looks after.
inline void run(Plan& plan, const dmevent_device& device, std::string_view lv,
                std::initializer_list<std::string_view> command) {
    const std::string vg{view(device.vg)};
    plan.run({"/usr/sbin/lvm"});
    plan.run(command);
    plan.run({vg + "/" + std::string{lv}});
    plan.env("LVM_RUN_BY_DMEVENTD", "1"); // it neither asks dmeventd nor starts it
    plan.env("LVM_SUPPRESS_FD_WARNINGS", "1");
    plan.lock("vg:" + vg);
    plan.uninterruptible();
    plan.unless_managed_by("dmeventd");
}

} // namespace dmevent::lvm
