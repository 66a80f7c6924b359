// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "cli/options.hpp"
#include "cli/setup.hpp"
#include "config/settings.hpp"
#include "service/filter.hpp"

namespace dmev {

// The history that OPTIONS or else SETTINGS mean; empty: none.
std::string history_file(const Options& options, const Settings& settings);

// Whether a device of this name and UUID is among those that --device names.
bool is_among(const std::vector<std::string>& globs, std::string_view name, std::string_view uuid);

// For --query, after the devices: what the history tells of the past, as far as OPTIONS and FILTER want it.
// A history that cannot be read is an error where one was asked for, else it is said and that is all.
Result<> show_past(const Options& options, const std::string& file, const Filter& filter, Stdout& out);

} // namespace dmev
