// SPDX-License-Identifier: Apache-2.0
#include "model/device.hpp"

#include <charconv>

namespace dmev {

std::string DevNum::text() const { return std::to_string(major) + ":" + std::to_string(minor); }

std::optional<DevNum> parse_devnum(std::string_view text) {
    DevNum out;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, out.major);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != ':') return std::nullopt;
    const auto second = std::from_chars(first.ptr + 1, end, out.minor);
    if (second.ec != std::errc{} || second.ptr != end) return std::nullopt;
    return out;
}

LvmName split_lvm(const DeviceId& id) {
    if (!id.uuid.starts_with("LVM-")) return {};
    // Hyphens of the names are doubled; a single one separates VG, LV and a layer ("-tpool", "-real").
    std::string parts[3];
    int part = 0;
    for (size_t i = 0; i < id.name.size(); ++i) {
        if (id.name[i] == '-' && i + 1 < id.name.size() && id.name[i + 1] == '-') {
            parts[part] += '-';
            ++i;
        } else if (id.name[i] == '-' && part < 2) {
            ++part;
        } else {
            parts[part] += id.name[i];
        }
    }
    if (parts[0].empty() || parts[1].empty()) return {};
    return {parts[0], parts[1]};
}

} // namespace dmev
