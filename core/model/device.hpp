// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dmev {

// A device number as the kernel and its uevents write it.
struct DevNum {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    auto operator<=>(const DevNum&) const = default;
    std::string text() const; // "253:1"
};

// "253:1", or nothing.
std::optional<DevNum> parse_devnum(std::string_view text);

// What tells one device from another. Name and uuid are the kernel's own bytes and may change;
// number and diskseq together are one lifetime (diskseq: Linux 5.15 and later, from the first table on).
struct DeviceId {
    std::string name;
    std::string uuid;
    DevNum number;
    std::optional<std::uint64_t> diskseq;
};

// The volume group and logical volume in a device-mapper name that LVM made ("vg--a-lv" is vg-a, lv);
// both empty when the uuid does not say LVM.
struct LvmName {
    std::string vg;
    std::string lv;
};
LvmName split_lvm(const DeviceId& id);

} // namespace dmev
