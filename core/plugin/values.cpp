// SPDX-License-Identifier: Apache-2.0
#include "plugin/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <exception>
#include <stdexcept>

namespace dmev {
namespace {

// More than any target has to say: a plugin beyond that has its sizes wrong.
constexpr std::size_t kMostBytes = 16u << 20, kLongestKey = 4096, kLongestName = 63, kLongestReason = 1000;
constexpr std::size_t kMostValues = 65536, kMostStatements = 8192;
// Keeps lists of lists of lists from eating the stack.
constexpr int kDeepest = 4;

// The bytes of a field's name: [a-z0-9_].
constexpr auto kOfNames = [] {
    std::array<bool, 256> is{};
    for (const char c : std::string_view{"abcdefghijklmnopqrstuvwxyz0123456789_"})
        is[static_cast<unsigned char>(c)] = true;
    return is;
}();

[[noreturn, gnu::cold, gnu::noinline]] void refuse(std::size_t n, const char* what) {
    throw std::length_error(fmt::format("{} {}", n, what));
}
[[noreturn, gnu::cold, gnu::noinline]] void refuse_address(std::size_t n, const char* what) {
    throw std::invalid_argument(fmt::format("{} {} at no address", n, what));
}

inline std::size_t believed(std::size_t n, std::size_t most, const char* what) {
    if (n > most) refuse(n, what);
    return n;
}

// Nothing, though N of WHAT are announced.
inline void refuse_nothing(const void* at, std::size_t n, const char* what) {
    if (!at && n > 0) refuse_address(n, what);
}

} // namespace

dmevent_str borrow(std::string_view text) { return {text.data() ? text.data() : "", text.size()}; }

void Intake::count(dmevent_str text) {
    believed(text.size, kMostBytes, "bytes of text");
    refuse_nothing(text.data, text.size, "bytes of text");
    bytes_ = believed(bytes_ + text.size, kMostBytes, "bytes of text in one call");
}

std::string Intake::text(dmevent_str text) {
    count(text);
    return text.data ? std::string{text.data, text.size} : std::string{};
}

std::string Intake::key(dmevent_str key) {
    believed(key.size, kLongestKey, "bytes of text for a part");
    return text(key);
}

std::string_view Intake::name(dmevent_str name) {
    believed(name.size, kLongestName, "bytes of text for a field's name");
    count(name);
    const std::string_view out{name.data, name.size};
    const bool is_name = !out.empty() && std::all_of(out.begin(), out.end(), [](char c) {
        return kOfNames[static_cast<unsigned char>(c)];
    });
    if (!is_name) throw std::invalid_argument(fmt::format("a field of the name '{}'", out));
    return out;
}

std::string Intake::reason(dmevent_str why) {
    return why.data ? std::string{why.data, std::min(why.size, kLongestReason)} : std::string{};
}

void Intake::statement() {
    statements_ = believed(statements_ + 1, kMostStatements, "statements in one call");
}

Value Intake::value(const dmevent_field& f, int depth) {
    values_ = believed(values_ + 1, kMostValues, "values in one call");
    switch (f.kind) {
        case DMEVENT_INT: return {f.v.i};
        case DMEVENT_UINT: return {f.v.u};
        case DMEVENT_REAL:
            if (!std::isfinite(f.v.real)) throw std::invalid_argument("a number that is none");
            return {f.v.real};
        case DMEVENT_BOOL: return {f.v.u != 0};
        case DMEVENT_TEXT: return {text(f.v.text)};
        case DMEVENT_LIST: {
            if (depth == kDeepest) throw std::length_error("lists in lists without end");
            believed(f.count, kMostValues, "items of a list");
            refuse_nothing(f.v.items, f.count, "items of a list");
            Value::List list;
            for (std::uint32_t i = 0; i < f.count; ++i) list.push_back(value(f.v.items[i], depth + 1));
            return {std::move(list)};
        }
        default: throw std::invalid_argument(fmt::format("a value of kind {}", f.kind));
    }
}

std::pair<std::string_view, Value> Intake::field(const dmevent_field* field) {
    refuse_nothing(field, 1, "fields");
    const auto field_name = name(field->name); // refused before its value is looked at
    return {field_name, value(*field)};
}

Fields Intake::fields(const dmevent_field* fields, std::size_t n) {
    believed(n, kMostFields, "fields");
    refuse_nothing(fields, n, "fields");
    Fields out;
    if (n == 0) return out;
    out.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
        auto [field_name, field_value] = field(fields + i);
        out.emplace_back(std::string{field_name}, std::move(field_value));
    }
    return out;
}

ShownDevice::ShownDevice(const DeviceId& id)
    : lvm_(split_lvm(id)), device_{sizeof device_,  id.number.major, id.number.minor, borrow(id.name),
                                   borrow(id.uuid), borrow(lvm_.vg), borrow(lvm_.lv)} {}

dmevent_target ShownDevice::target(const TargetView& view) const {
    return {sizeof(dmevent_target), view.index,         &device_,           view.start, view.length,
            borrow(view.type),      borrow(view.table), borrow(view.status)};
}

Lent::Lent(const Fields& fields) {
    fields_.reserve(fields.size());
    for (const auto& [name, value] : fields) fields_.push_back(lend(name, value));
}

dmevent_field Lent::lend(std::string_view name, const Value& value) {
    dmevent_field f{borrow(name), DMEVENT_TEXT, 0, {}};
    if (const auto* i = std::get_if<std::int64_t>(&value.v))
        f.kind = DMEVENT_INT, f.v.i = *i;
    else if (const auto* u = std::get_if<std::uint64_t>(&value.v))
        f.kind = DMEVENT_UINT, f.v.u = *u;
    else if (const auto* d = std::get_if<double>(&value.v))
        f.kind = DMEVENT_REAL, f.v.real = *d;
    else if (const auto* b = std::get_if<bool>(&value.v))
        f.kind = DMEVENT_BOOL, f.v.u = *b;
    else if (const auto* s = std::get_if<std::string>(&value.v))
        f.v.text = borrow(*s);
    else if (const auto* l = std::get_if<Value::List>(&value.v)) {
        std::vector<dmevent_field> items;
        for (const auto& item : *l) items.push_back(lend({}, item));
        f.kind = DMEVENT_LIST, f.count = static_cast<std::uint32_t>(items.size()), f.v.items = items.data();
        lists_.push_back(std::move(items)); // moving a vector keeps its elements where they are
    }
    return f;
}

std::string what_left_it() {
    try {
        throw;
    } catch (const std::exception& e) {
        const char* const what = e.what();
        return std::string{"an exception left it: "} +
               Intake::reason({what, what ? strnlen(what, kLongestReason) : 0});
    } catch (...) {
        return "an exception left it";
    }
}

} // namespace dmev
