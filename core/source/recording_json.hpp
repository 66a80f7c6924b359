// SPDX-License-Identifier: Apache-2.0
// The JSON of one line as a flat list: each value in the order of the text, before what it contains. It is
// kept from line to line, so that a line asks the heap for nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

namespace dmev::recording {

// A value, and its name where it is a member. Borrows from the line.
struct Json {
    enum class Kind : std::uint8_t { null, truth, natural, number, text, array, object };
    // Over the values that one directly contains.
    struct Iterator {
        using iterator_category = std::forward_iterator_tag;
        using value_type = Json;
        using difference_type = std::ptrdiff_t;
        using pointer = const Json*;
        using reference = const Json&;
        const Json* at;
        const Json& operator*() const { return *at; }
        Iterator& operator++() { return at += at->below + 1, *this; }
        bool operator==(const Iterator&) const = default;
    };

    Kind kind = Kind::null;
    std::uint32_t below = 0;   // how many values follow that are inside of this one
    std::string_view name;     // empty in an array
    std::string_view text;     // of kind text
    std::uint64_t natural = 0; // of kind natural; of kind truth: 1 or 0

    bool is(Kind k) const { return kind == k; }
    Iterator begin() const { return {this + 1}; }
    Iterator end() const { return {this + 1 + below}; }
};

class JsonLine {
 public:
    struct Fault {
        const char* why;
        std::size_t at; // the byte, from 0
    };
    // SIZE bytes at LINE, which it overwrites. REQUIRES: LINE[SIZE] is 0, and no other byte of it; so many
    // that an aligned read of 16 bytes may begin at it follow.
    std::optional<Fault> read(char* line, std::size_t size);
    const Json& root() const { return values_.front(); }

 private:
    std::vector<Json> values_;
};

} // namespace dmev::recording
