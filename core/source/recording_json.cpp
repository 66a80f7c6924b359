// SPDX-License-Identifier: Apache-2.0
#include "source/recording_json.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/rapidjson.hpp"

namespace dmev::recording {
namespace {

using Kind = Json::Kind;

// How many of the eight bytes at TEXT, from the first one on, a text has as they are: all but quotes,
// backslashes and control characters. All eight at once; a byte after the first that stops may stop it
// wrongly.
std::size_t plain_of_eight(const char* text) {
    constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
    std::uint64_t eight = 0;
    std::memcpy(&eight, text, sizeof eight);
    if constexpr (std::endian::native == std::endian::big) eight = __builtin_bswap64(eight);
    const auto below = [](std::uint64_t bytes, std::uint64_t limit) {
        return (bytes - kOnes * limit) & ~bytes;
    };
    const auto stops = below(eight ^ kOnes * '"', 1) | below(eight ^ kOnes * '\\', 1) | below(eight, 0x20);
    return static_cast<std::size_t>(std::countr_zero(stops & kHigh)) / 8;
}

// From left to right, without a look back. The line's end stops it: 0 is nothing that it takes.
class Scanner {
 public:
    Scanner(const char* line, std::vector<Json>& values) : at_(line), values_(values) {}

    bool line() { return value({}, 0) && skip_blanks() == 0; }

 private:
    static constexpr int kDeepest = 8;
    static constexpr std::ptrdiff_t kMostDigits = 19; // that any 64 bits hold

    char skip_blanks() {
        while (*at_ == ' ') ++at_;
        return *at_;
    }
    bool take(char c) {
        if (skip_blanks() != c) return false;
        ++at_;
        return true;
    }
    bool word(std::string_view rest) {
        for (const char c : rest)
            if (*at_++ != c) return false;
        return true;
    }
    Json& add(Kind kind, std::string_view name) {
        auto& added = values_.emplace_back();
        added.kind = kind;
        added.name = name;
        return added;
    }
    bool truth(std::string_view name, std::string_view letters, bool is) {
        add(Kind::truth, name).natural = is;
        return word(letters);
    }
    bool text(std::string_view& out) {
        const char *const begin = at_ + 1, *end = begin;
        std::size_t more = 0;
        do end += more = plain_of_eight(end);
        while (more == sizeof(std::uint64_t));
        out = {begin, static_cast<std::size_t>(end - begin)};
        at_ = end + 1;
        return *end == '"';
    }
    bool natural(std::string_view name) {
        const char* const begin = at_;
        std::uint64_t number = 0;
        for (; *at_ >= '0' && *at_ <= '9'; ++at_)
            number = number * 10 + static_cast<std::uint64_t>(*at_ - '0');
        const auto digits = at_ - begin;
        if (digits == 0 || digits > kMostDigits || (*begin == '0' && digits > 1)) return false;
        if (*at_ != ',' && *at_ != '}' && *at_ != ']') return false; // a fraction, perhaps
        add(Kind::natural, name).natural = number;
        return true;
    }
    bool container(std::string_view name, Kind kind, char close, int depth) {
        if (depth == kDeepest) return false;
        const auto index = values_.size();
        add(kind, name);
        ++at_;
        if (!take(close)) {
            do {
                std::string_view member;
                if (kind == Kind::object && (skip_blanks() != '"' || !text(member) || !take(':')))
                    return false;
                if (!value(member, depth + 1)) return false;
            } while (take(','));
            if (!take(close)) return false;
        }
        values_[index].below = static_cast<std::uint32_t>(values_.size() - index - 1);
        return true;
    }
    bool value(std::string_view name, int depth) {
        switch (skip_blanks()) {
            case '"': return text(add(Kind::text, name).text);
            case '{': return container(name, Kind::object, '}', depth);
            case '[': return container(name, Kind::array, ']', depth);
            case 't': return truth(name, "true", true);
            case 'f': return truth(name, "false", false);
            case 'n': add(Kind::null, name); return word("null");
            default: return natural(name);
        }
    }

    const char* at_;
    std::vector<Json>& values_;
};

// What the library reads, as the same list.
class Builder {
 public:
    explicit Builder(std::vector<Json>& values) : values_(values) {}

    bool Null() { return add(Kind::null); }
    bool Bool(bool is) { return add(Kind::truth, is); }
    bool Int(int number) { return Int64(number); }
    bool Uint(unsigned number) { return add(Kind::natural, number); }
    bool Int64(std::int64_t number) {
        return number < 0 ? add(Kind::number) : add(Kind::natural, static_cast<std::uint64_t>(number));
    }
    bool Uint64(std::uint64_t number) { return add(Kind::natural, number); }
    bool Double(double) { return add(Kind::number); }
    bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; } // not asked for
    bool String(const char* text, rapidjson::SizeType size, bool) {
        add(Kind::text);
        values_.back().text = {text, size};
        return true;
    }
    bool Key(const char* text, rapidjson::SizeType size, bool) {
        name_ = {text, size};
        return true;
    }
    bool StartObject() { return open(Kind::object); }
    bool StartArray() { return open(Kind::array); }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }

 private:
    bool add(Kind kind, std::uint64_t natural = 0) {
        auto& added = values_.emplace_back();
        added.kind = kind;
        added.natural = natural;
        added.name = std::exchange(name_, {});
        return true;
    }
    bool open(Kind kind) {
        open_.push_back(values_.size());
        return add(kind);
    }
    bool close() {
        values_[open_.back()].below = static_cast<std::uint32_t>(values_.size() - open_.back() - 1);
        open_.pop_back();
        return true;
    }

    std::vector<Json>& values_;
    std::vector<std::size_t> open_;
    std::string_view name_; // of the next value
};

// Depth that the stack holds with ease; a line has no more than its brackets.
constexpr std::ptrdiff_t kShallow = 1000;

// Room for so many values is kept; one huge line is not to cost memory for ever.
constexpr std::size_t kMostKept = 1 << 16;

} // namespace

bool JsonLine::scan(const char* line) {
    values_.clear();
    return Scanner{line, values_}.line();
}

std::optional<JsonLine::Fault> JsonLine::parse(char* line, std::size_t size) {
    values_.clear();
    Builder builder{values_};
    rapidjson::Reader reader;
    rapidjson::InsituStringStream stream{line};
    // The recursive parser is the faster one; the iterative one cannot exhaust the stack.
    const auto brackets = std::count(line, line + size, '[') + std::count(line, line + size, '{');
    const auto result =
        brackets <= kShallow
            ? reader.Parse<rapidjson::kParseInsituFlag>(stream, builder)
            : reader.Parse<rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag>(stream, builder);
    if (result) return std::nullopt;
    return Fault{rapidjson::GetParseError_En(result.Code()), result.Offset()};
}

std::optional<JsonLine::Fault> JsonLine::read(char* line, std::size_t size) {
    if (values_.capacity() > kMostKept) values_ = {};
    if (scan(line)) return std::nullopt;
    return parse(line, size);
}

} // namespace dmev::recording
