// SPDX-License-Identifier: Apache-2.0
// The JSON library, for the .cpp files that read JSON; writing is JsonWriter's.
#pragma once
#include <charconv>
#include <cstdint>
#include <istream> // before the library asks for it below: what follows is meant for the library alone
#include <string>
#include <string_view>

// It finds the end of a string sixteen bytes at a time where it is told that the processor can.
#if defined(__SSE2__)
#define RAPIDJSON_SSE2
#elif defined(__ARM_NEON)
#define RAPIDJSON_NEON
#endif
// It adds to a null pointer where its stack is still empty: harmless, but the sanitizer counts it.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

namespace dmev {

// Builds a document of what the library reads, but for numbers: to read doubles to their last digit, it looks
// beyond its tables, and makes any number of a zero with an exponent.
struct ExactNumbers {
    rapidjson::Document& to;
    bool Null() { return to.Null(); }
    bool Bool(bool b) { return to.Bool(b); }
    bool String(const char* s, rapidjson::SizeType n, bool copy) { return to.String(s, n, copy); }
    bool Key(const char* s, rapidjson::SizeType n, bool copy) { return to.Key(s, n, copy); }
    bool StartObject() { return to.StartObject(); }
    bool EndObject(rapidjson::SizeType n) { return to.EndObject(n); }
    bool StartArray() { return to.StartArray(); }
    bool EndArray(rapidjson::SizeType n) { return to.EndArray(n); }
    bool RawNumber(const char* s, rapidjson::SizeType n, bool) {
        const auto is = [s, n](auto& number) {
            const auto [end, code] = std::from_chars(s, s + n, number);
            return code == std::errc{} && end == s + n;
        };
        std::int64_t whole = 0;
        std::uint64_t natural = 0;
        double real = 0;
        if (is(whole)) return to.Int64(whole);
        if (is(natural)) return to.Uint64(natural);
        return is(real) && to.Double(real);
    }
    // Never called: all numbers are raw.
    bool Int(int i) { return to.Int(i); }
    bool Uint(unsigned u) { return to.Uint(u); }
    bool Int64(std::int64_t i) { return to.Int64(i); }
    bool Uint64(std::uint64_t u) { return to.Uint64(u); }
    bool Double(double d) { return to.Double(d); }
};

// TEXT as JSON, doubles to their last digit; why it is none, or empty.
inline std::string parse_exactly(rapidjson::Document& document, std::string_view text) {
    // The library takes it for the end.
    if (const auto zero = text.find('\0'); zero != text.npos)
        return "A zero byte. (at byte " + std::to_string(zero + 1) + ")";
    rapidjson::ParseResult result;
    const auto read = [&](rapidjson::Document& to) {
        rapidjson::MemoryStream bytes{text.data(), text.size()};
        rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream{bytes};
        ExactNumbers handler{to};
        result =
            rapidjson::Reader{}.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(
                stream, handler);
        return !result.IsError();
    };
    document.Populate(read);
    if (!result.IsError()) return {};
    return std::string{rapidjson::GetParseError_En(result.Code())} + " (at byte " +
           std::to_string(result.Offset() + 1) + ")";
}

} // namespace dmev
