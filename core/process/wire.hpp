// SPDX-License-Identifier: Apache-2.0
// Values as bytes between processes that are one program on one machine: numbers travel as they lie in
// memory.
#pragma once
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace dmev {

class WireWriter {
 public:
    template <class T>
    requires std::integral<T> || std::is_enum_v<T>
    void put(T value) { out_.append(reinterpret_cast<const char*>(&value), sizeof value); }
    void put(std::string_view text) {
        put(static_cast<std::uint32_t>(text.size()));
        out_.append(text);
    }
    void put(const std::string& text) { put(std::string_view{text}); }
    // A count, and then EACH of the elements.
    template <class C, class F>
    void list(const C& elements, F each) {
        put(static_cast<std::uint32_t>(elements.size()));
        for (const auto& element : elements) each(element);
    }
    std::string take() && { return std::move(out_); }

 private:
    std::string out_;
};

// Reads what WireWriter wrote. After the first lack everything reads as zero, and done() is false.
class WireReader {
 public:
    explicit WireReader(std::string_view bytes) : rest_(bytes) {}

    template <std::integral T>
    T get() {
        T value{};
        const auto bytes = take(sizeof value);
        if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }
    // Any other byte than 0 and 1 is none of WireWriter's.
    bool flag() { return at_most<std::uint8_t>(1) == 1; }
    template <std::integral T>
    T at_most(T largest) {
        const auto value = get<T>();
        if (value > largest) ok_ = false;
        return ok_ ? value : T{};
    }
    std::string text() { return std::string{take(get<std::uint32_t>())}; }
    // A count of elements of at least LEAST bytes each; none that the rest could not hold.
    std::uint32_t count(std::size_t least) {
        const auto n = get<std::uint32_t>();
        if (n > rest_.size() / least) ok_ = false;
        return ok_ ? n : 0;
    }
    // Calls EACH for every element of a list.
    template <class F>
    void list(std::size_t least, F each) {
        const auto n = count(least);
        for (std::uint32_t i = 0; ok_ && i < n; ++i) each();
    }
    void fail() { ok_ = false; }
    bool done() const { return ok_ && rest_.empty(); }

 private:
    std::string_view take(std::size_t n) {
        if (!ok_ || n > rest_.size()) {
            ok_ = false;
            return {};
        }
        const auto bytes = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return bytes;
    }
    std::string_view rest_;
    bool ok_ = true;
};

} // namespace dmev
