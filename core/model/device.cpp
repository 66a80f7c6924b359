// SPDX-License-Identifier: Apache-2.0
#include "model/device.hpp"

#include <algorithm>
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
    LvmName names;
    std::string_view rest = id.name;
    for (auto* part : {&names.vg, &names.lv}) {
        for (;;) {
            const auto hyphen = std::min(rest.find('-'), rest.size());
            const bool doubled = rest.substr(hyphen).starts_with("--");
            part->append(rest, 0, hyphen + doubled);
            rest.remove_prefix(std::min(hyphen + 1 + doubled, rest.size()));
            if (!doubled) break;
        }
    }
    return names.vg.empty() || names.lv.empty() ? LvmName{} : names;
}

} // namespace dmev
