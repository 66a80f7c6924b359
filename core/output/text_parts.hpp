// SPDX-License-Identifier: Apache-2.0
// Text for people, one function for each list. Everything that came from the kernel or a plugin is escaped.
#pragma once
#include <string>

#include "output/output.hpp"

namespace dmev::text {

std::string event(const Event& event, const TextStyle& style);
// BELOW_ITS_EVENT: indented; else it begins with its time, as an event does.
std::string decision(const Decision& decision, bool below_its_event);
std::string catalogue(const Catalogue& catalogue);
std::string devices(std::span<const DeviceState> devices, const TextStyle& style);

// The severity's name in its colour, if STYLE wants any, padded to the longest.
std::string severity(Severity severity, const TextStyle& style);

// "data_used=784 path=8:32": what could be misread is quoted. Empty for none.
std::string fields(const Fields& fields);

// TEXT and blanks up to WIDTH.
std::string padded(std::string_view text, std::size_t width);

} // namespace dmev::text
