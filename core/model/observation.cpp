// SPDX-License-Identifier: Apache-2.0
#include "model/observation.hpp"

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

} // namespace dmev
