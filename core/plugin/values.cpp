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

void refuse_no_name(std::string_view name) {
    const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return kOfNames[static_cast<unsigned char>(c)];
    });
    if (!is_name) throw std::invalid_argument(fmt::format("a field of the name '{}'", name));
}

// What VALUE holds, if that is a T; else it holds one from now on.
template <class T>
T& held(Value& value) {
    auto* const has = std::get_if<T>(&value.v);
    return has ? *has : value.v.emplace<T>();
}

} // namespace

dmevent_str borrow(std::string_view text) { return {text.data() ? text.data() : "", text.size()}; }

// TEXT, counted, and still the plugin's.
std::string_view Intake::view(dmevent_str text) {
    believed(text.size, kMostBytes, "bytes of text");
    refuse_nothing(text.data, text.size, "bytes of text");
    bytes_ = believed(bytes_ + text.size, kMostBytes, "bytes of text in one call");
    return {text.data, text.size};
}

void Intake::key(dmevent_str key, std::string& into) {
    believed(key.size, kLongestKey, "bytes of text for a part");
    if (const auto now = view(key); into != now) into = now; // as a rule it is what it was
}

std::string Intake::reason(dmevent_str why) {
    return why.data ? std::string{why.data, std::min(why.size, kLongestReason)} : std::string{};
}

void Intake::statement() {
    statements_ = believed(statements_ + 1, kMostStatements, "statements in one call");
}

void Intake::value(const dmevent_field& f, int depth, Value& into) {
    values_ = believed(values_ + 1, kMostValues, "values in one call");
    switch (f.kind) {
        case DMEVENT_INT: into.v = f.v.i; break;
        case DMEVENT_UINT: into.v = f.v.u; break;
        case DMEVENT_REAL:
            if (!std::isfinite(f.v.real)) throw std::invalid_argument("a number that is none");
            into.v = f.v.real;
            break;
        case DMEVENT_BOOL: into.v = f.v.u != 0; break;
        case DMEVENT_TEXT: held<std::string>(into) = view(f.v.text); break;
        case DMEVENT_LIST: {
            if (depth == kDeepest) throw std::length_error("lists in lists without end");
            believed(f.count, kMostValues, "items of a list");
            refuse_nothing(f.v.items, f.count, "items of a list");
            auto& list = held<Value::List>(into);
            list.resize(f.count);
            for (std::uint32_t i = 0; i < f.count; ++i) value(f.v.items[i], depth + 1, list[i]);
            break;
        }
        default: throw std::invalid_argument(fmt::format("a value of kind {}", f.kind));
    }
}

void Intake::field(const dmevent_field* field, StatedFields& into) {
    refuse_nothing(field, 1, "fields");
    believed(field->name.size, kLongestName, "bytes of text for a field's name");
    const auto name = view(field->name);
    Value* its_value = into.again(name);
    if (!its_value) {
        refuse_no_name(name);
        its_value = &into.named(name);
    }
    value(*field, 0, *its_value);
}

void Intake::fields(const dmevent_field* fields, std::size_t n, StatedFields& into) {
    believed(n, kMostFields, "fields");
    refuse_nothing(fields, n, "fields");
    into.clear();
    for (std::size_t i = 0; i < n; ++i) field(fields + i, into);
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
