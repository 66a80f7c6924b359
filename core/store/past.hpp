// SPDX-License-Identifier: Apache-2.0
// What a history tells: read by another process than the one that writes, while that goes on or is long gone.
#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/event.hpp"

namespace dmev {

struct PastQuery {
    std::optional<Time> since, until; // both inclusive
    std::vector<std::string>
        devices; // globs of names or UUIDs, any of them; none: also events without device
    Severity least = Severity::info;
    std::optional<std::size_t> last; // the newest of what is left
    bool decisions = false;          // also those about the events that are told
    // Whether an event of this type, of the device of this name and UUID, is wanted; empty: any is.
    std::function<bool(std::string_view type, std::string_view name, std::string_view uuid)> wants;
};

struct PastRow {
    enum class Kind { event, decision, gap } kind = Kind::event; // gap: rows that could not be kept
    Time time{};
    std::string id;   // the event's, also of a decision
    std::string json; // the line as it was
};

// Each row to EACH, in the order of writing, until it gives false. Nothing where FILE is not there: the
// result is whether it is. REQUIRES: no History of this process has FILE open.
Result<bool> read_past(const std::string& file, const PastQuery& query,
                       const std::function<bool(const PastRow&)>& each);

} // namespace dmev
