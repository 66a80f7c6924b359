// SPDX-License-Identifier: Apache-2.0
#include "rules/batch.hpp"

#include <algorithm>
#include <utility>

namespace dmev {
namespace {

// Conditions are as many as a device has parts; happenings come without end.
constexpr std::ptrdiff_t kMostHappenings = 256;

bool is_happening(const Item& item) { return item.event.state == State::happened; }

} // namespace

Subject subject_of(const Event& event) {
    return {event.type, event.target ? static_cast<std::int64_t>(event.target->index) : -1, event.part};
}

std::string identity_of(const Event& event) {
    if (!event.device) return {};
    const auto& id = *event.device;
    return id.uuid.empty() ? "name/" + id.name : "uuid/" + id.uuid;
}

std::string Batch::add(Item item) {
    std::string replaced;
    const auto subject = subject_of(item.event);
    auto old = std::find_if(items_.begin(), items_.end(),
                            [&](const Item& i) { return subject_of(i.event) == subject; });
    if (old != items_.end())
        replaced = old->event.id;
    else if (is_happening(item) &&
             std::count_if(items_.begin(), items_.end(), is_happening) >= kMostHappenings)
        old = std::find_if(items_.begin(), items_.end(), is_happening);
    if (old != items_.end()) {
        item.count += old->count;
        items_.erase(old);
    }
    items_.push_back(std::move(item));
    return replaced;
}

std::vector<Item> Batch::remove(const Subject& subject, State state) {
    std::vector<Item> out;
    std::erase_if(items_, [&](Item& item) {
        if (item.event.state != state || subject_of(item.event) != subject) return false;
        out.push_back(std::move(item));
        return true;
    });
    return out;
}

Batch Batch::take_type(std::string_view type) {
    Batch out;
    std::erase_if(items_, [&](Item& item) {
        if (item.event.type != type) return false;
        out.items_.push_back(std::move(item));
        return true;
    });
    return out;
}

bool Batch::has(const Subject& subject) const {
    return std::any_of(items_.begin(), items_.end(),
                       [&](const Item& item) { return subject_of(item.event) == subject; });
}

const Item& Batch::foremost() const {
    const auto* found = &items_.back();
    for (auto it = items_.rbegin(); it != items_.rend(); ++it)
        if (it->event.severity > found->event.severity) found = &*it;
    return *found;
}

std::uint32_t Batch::count() const {
    std::uint32_t sum = 0;
    for (const auto& item : items_) sum += item.count;
    return sum;
}

} // namespace dmev
