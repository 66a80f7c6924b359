// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace dmev {

// Writes one JSON value into a string, member by member; commas and escapes are its business.
// Invalid UTF-8 is replaced by U+FFFD. It trusts the caller to close what was opened.
class JsonWriter {
 public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);

    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view{text}); }
    JsonWriter& value(bool flag);
    JsonWriter& value(std::uint64_t number);
    JsonWriter& value(std::int64_t number);
    JsonWriter& value(std::uint32_t number) { return value(std::uint64_t{number}); }
    JsonWriter& value(int number) { return value(std::int64_t{number}); }
    JsonWriter& value(double number); // shortest form that reads back the same; NaN and infinities are null
    JsonWriter& null();
    JsonWriter& raw(std::string_view json); // a value that is JSON already

    template <class T>
    JsonWriter& member(std::string_view name, const T& v) {
        key(name);
        return value(v);
    }

 private:
    void separate();
    void put(std::string_view text, bool is_key);
    void quote(std::string_view text);
    std::size_t escape_first(std::string_view text);
    std::string& out_;
    bool comma_ = false; // the next element of the open container needs one before it
};

} // namespace dmev
