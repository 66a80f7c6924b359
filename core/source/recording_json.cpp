// SPDX-License-Identifier: Apache-2.0
#include "source/recording_json.hpp"

#include <algorithm>
#include <utility>

#include "base/rapidjson.hpp"

namespace dmev::recording {
namespace {

using Kind = Json::Kind;

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

std::optional<JsonLine::Fault> JsonLine::read(char* line, std::size_t size) {
    if (values_.capacity() > kMostKept) values_ = {};
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

} // namespace dmev::recording
