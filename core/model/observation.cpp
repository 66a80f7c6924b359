// SPDX-License-Identifier: Apache-2.0
#include "model/observation.hpp"

#include <charconv>

namespace dmev {
namespace {
constexpr std::pair<Why, const char*> kNames[] = {{Why::start, "start"},   {Why::kernel, "kernel"},
                                                  {Why::uevent, "uevent"}, {Why::poll, "poll"},
                                                  {Why::resync, "resync"}, {Why::restart, "restart"}};
} // namespace

const char* why_name(Why why) {
    for (const auto& [value, name] : kNames)
        if (value == why) return name;
    return "kernel";
}

std::optional<Why> parse_why(std::string_view text) {
    for (const auto& [value, name] : kNames)
        if (text == name) return value;
    return std::nullopt;
}

std::string_view UeventReading::operator[](std::string_view key) const {
    for (const auto& [name, value] : env)
        if (name == key) return value;
    return {};
}

std::optional<std::uint64_t> UeventReading::number(std::string_view key) const {
    const auto text = (*this)[key];
    const auto end = text.data() + text.size();
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data(), end, value);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return value;
}

std::optional<DevNum> UeventReading::device() const {
    const auto major = number("MAJOR"), minor = number("MINOR");
    if (!major || !minor || *major > UINT32_MAX || *minor > UINT32_MAX) return std::nullopt;
    return DevNum{static_cast<std::uint32_t>(*major), static_cast<std::uint32_t>(*minor)};
}

} // namespace dmev
