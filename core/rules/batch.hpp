// SPDX-License-Identifier: Apache-2.0
// Events that one run stands for: of each condition or happening the latest, in the order of arrival.
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/event.hpp"

namespace dmev {

// What an event is about, within its device.
struct Subject {
    std::string type;
    std::int64_t target = -1; // none
    std::string part;
    auto operator<=>(const Subject&) const = default;
};
Subject subject_of(const Event& event);

// What rules know a device by: its uuid, which outlives it where it is made again, or else its name. Empty
// for events about no device.
std::string identity_of(const Event& event);

struct Item {
    Event event;
    std::uint32_t count = 1; // events, this one included
    std::string because;
};

class Batch {
 public:
    // Takes ITEM in, in place of an earlier one about the same, whose count it adds to its own; that one's id
    // is given, or an empty text. Of happenings the oldest is folded in too when there are too many.
    std::string add(Item item);
    // Takes out what is about SUBJECT and in STATE.
    std::vector<Item> remove(const Subject& subject, State state);
    // Takes out all of TYPE.
    Batch take_type(std::string_view type);
    bool has(const Subject& subject) const;

    bool empty() const { return items_.empty(); }
    const std::vector<Item>& items() const { return items_; }
    std::vector<Item>& items() { return items_; }
    const Item& latest() const { return items_.back(); } // REQUIRES: not empty
    // The most severe, and of several the latest: what a run is told to be about. REQUIRES: not empty
    const Item& foremost() const;
    std::uint32_t count() const;

 private:
    std::vector<Item> items_;
};

} // namespace dmev
