// SPDX-License-Identifier: Apache-2.0
// The members of one JSON object of a recording, read with their types and ranges. For recording_read.cpp.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "source/recording_json.hpp"

namespace dmev::recording {

// What is wrong with a line; thrown by Members, caught by the one function that reads a line.
struct Bad {
    std::string member; // "targets[0].length"
    std::string why;
};

// "not a string" and the like, for Bad.
const char* type_name(const Json& value);

// A view of an object, the INDEX-th of LIST if it is in one. Each member is asked for once: what was asked
// for in the order of the text is not looked at again, so that a line whose members are in the writer's order
// is walked once.
class Members {
 public:
    explicit Members(const Json& object, const char* list = nullptr, std::size_t index = 0);

    const Json* find(std::string_view name);
    std::string path(std::string_view name) const; // "targets[0].length"

    // The text of NAME, or of its exact "NAME_hex" where there is one. Missing: none; null too, if it may be.
    std::optional<std::string> optional_text(const char* name, const char* hex_name,
                                             bool may_be_null = false);
    std::string text(const char* name, const char* hex_name); // must be there
    bool flag(const char* name);                              // missing is false

    template <class T>
    std::optional<T> optional_number(const char* name) {
        const Json* value = find(name);
        if (!value || value->is(Json::Kind::null)) return std::nullopt;
        if (!value->is(Json::Kind::natural) || value->natural > std::numeric_limits<T>::max())
            throw out_of_range(name, *value, std::numeric_limits<T>::max());
        return static_cast<T>(value->natural);
    }
    template <class T>
    T number(const char* name) { // must be there
        const auto value = optional_number<T>(name);
        if (!value) throw Bad{path(name), "is missing"};
        return *value;
    }

 private:
    Bad out_of_range(const char* name, const Json& value, std::uint64_t max) const;

    const Json& object_;
    const char* list_;
    std::size_t index_;
    Json::Iterator next_;
    bool in_order_ = true; // all before NEXT_ were asked for
    bool has_hex_ = false; // a name that ends so
};

// The bytes that HEX spells; throws Bad for MEMBER.
std::string from_hex(const Json& hex, const std::string& member);

} // namespace dmev::recording
