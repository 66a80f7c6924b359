// SPDX-License-Identifier: Apache-2.0
// What one call of a reader told of a device, and what of it may leave the reader.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/observation.hpp"
#include "source/reader_protocol.hpp"

namespace dmev {

enum class LookAt { table, status };

// The device, and a text for each target that may be told.
struct Look {
    int error = 0;
    DeviceReading device;
    std::vector<std::optional<std::string>> texts;
};

const ReaderSetup::Claim* claim_of(const ReaderSetup& setup, std::string_view target);

// Tables of this type hold keys.
bool is_secret(std::string_view target);
bool may_show(const ReaderSetup& setup, LookAt what, std::string_view target);

// Do two looks show one and the same device and table?
bool same_device(const Look& a, const Look& b);

// Of a look at a table: the same for one device with one table, another one for whatever else.
std::uint64_t digest(const Look& table);

// With whom a device hangs, by its table.
std::optional<DevNum> find_leader(const ReaderSetup& setup, const Look& table);

} // namespace dmev
