// SPDX-License-Identifier: Apache-2.0
// What a plugin said in one call. The next call says nearly the same, as a rule, and it goes into the same
// memory: what outlives that memory's next use is copied out of it, which is what an event is made of.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/event.hpp"

namespace dmev {

enum class Truth { no, yes, same, lapsed };

// A list whose elements outlive clear(), with all that they hold.
template <class T>
class Reused {
 public:
    // One more; what it held before is still there, to be overwritten.
    T& add() {
        if (size_ == items_.size()) items_.emplace_back();
        return items_[size_++];
    }
    void clear() { size_ = 0; }
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    const T* begin() const { return items_.data(); }
    const T* end() const { return items_.data() + size_; }
    T* begin() { return items_.data(); }
    T* end() { return items_.data() + size_; }
    const T& operator[](std::size_t i) const { return items_[i]; }

 private:
    std::vector<T> items_;
    std::size_t size_ = 0;
};

// Fields, no two of one name. A plugin names them in the same order each time: the name that stood in the
// place of a new one is nearly always the same, and then there is nothing to check and nothing to copy.
class StatedFields {
 public:
    void clear() { fields_.clear(); }
    bool empty() const { return fields_.empty(); }
    std::size_t size() const { return fields_.size(); }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

    // The value of one more field, if NAME is the one that stood in its place before; else null.
    Value* again(std::string_view name) {
        if (fields_.size() >= known_ || fields_.end()->first != name) return nullptr;
        return &fields_.add().second;
    }
    // The value of NAME, which is a name; of the field that has it already, if there is one.
    Value& named(std::string_view name);

    Fields copy() const { return {begin(), end()}; }

 private:
    Reused<std::pair<std::string, Value>> fields_;
    std::size_t known_ = 0; // so many, from the first one on and beyond the end, have names that all differ
};

// Types and gauges are positions in the family's lists.
struct Said {
    enum class Outcome { ok, unknown, fault, set_aside };
    struct Condition {
        std::uint32_t type = 0;
        Truth truth = Truth::no;
        std::string part;
        StatedFields more;
    };
    struct Happened {
        std::uint32_t type = 0;
        std::string part;
        StatedFields more;
    };
    struct Gauge {
        std::uint32_t gauge = 0;
        std::uint64_t used = 0, total = 0;
    };
    Outcome outcome = Outcome::ok;
    std::string because; // of what is not ok
    StatedFields fields;
    Reused<Condition> conditions; // in the order stated
    Reused<Happened> happenings;
    Reused<Gauge> gauges;
    std::optional<std::uint32_t> read_within_ms;

    // Nothing was said yet.
    void clear();
    // Nothing counts, for this reason; nor is memory kept of what may have been wrong in its size.
    void drop(Outcome what, std::string why);
};

} // namespace dmev
