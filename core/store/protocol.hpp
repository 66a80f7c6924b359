// SPDX-License-Identifier: Apache-2.0
// What the dispatcher and the history's process say to each other, in frames. What is not exactly a message
// is none.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/remembered.hpp"
#include "store/history.hpp"

namespace dmev {

// The dispatcher's. The setup comes first, and once.
struct StoreSetup {
    HistoryOptions options;
    std::string boot_id;
};
struct StoreEvent {
    std::string json;
};
struct StoreDecision {
    Time time{};
    std::string event_id, json;
};
struct StoreRemember {
    std::vector<Remembered> changes;
};
struct StoreLost { // so many rows found no room on the way
    std::uint64_t rows = 0;
};
struct StoreSettled {}; // what an earlier boot remembered was taken over
struct StoreLimits {    // other ones, from now on
    std::chrono::seconds keep{0};
    std::uint64_t max_size = 0;
};
using StoreOrder =
    std::variant<StoreSetup, StoreEvent, StoreDecision, StoreRemember, StoreLost, StoreSettled, StoreLimits>;

// The process's.
struct StoreState {
    std::string why; // empty: it works again
};
struct StoreMemory { // what an earlier boot remembered
    std::vector<Remembered> rows;
};
struct StoreLeaving {}; // it was told to end; what comes later is for its successor
using StoreReport = std::variant<StoreState, StoreMemory, StoreLeaving>;

// A frame, its length included; empty when it would be longer than one may be.
std::string encode(const StoreOrder& order);
std::string encode(const StoreReport& report);
// A frame without its length.
std::optional<StoreOrder> decode_store_order(std::string_view frame);
std::optional<StoreReport> decode_store_report(std::string_view frame);

} // namespace dmev
