// SPDX-License-Identifier: Apache-2.0
#include "plugin/values.hpp"

#include <fmt/format.h>

#include <exception>
#include <stdexcept>

namespace dmev {
namespace {

// More than any status holds. A plugin that says so has its sizes wrong, and is better not believed.
constexpr std::size_t kLongestText = 16u << 20, kMostFields = 65536;
// Keeps lists of lists of lists from eating the stack.
constexpr int kDeepest = 4;

std::size_t believed(std::size_t n, std::size_t most, const char* what) {
    if (n > most) throw std::length_error(fmt::format("{} {}", n, what));
    return n;
}

Value own(const dmevent_field& f, int depth) {
    switch (f.kind) {
        case DMEVENT_INT: return {f.v.i};
        case DMEVENT_UINT: return {f.v.u};
        case DMEVENT_REAL: return {f.v.real};
        case DMEVENT_BOOL: return {f.v.u != 0};
        case DMEVENT_TEXT: return {dmev::own(f.v.text)};
        case DMEVENT_LIST: {
            Value::List list;
            believed(f.count, kMostFields, "items of a list");
            for (std::uint32_t i = 0; i < f.count && depth < kDeepest; ++i)
                list.push_back(own(f.v.items[i], depth + 1));
            return {std::move(list)};
        }
        default: throw std::invalid_argument(fmt::format("a value of kind {}", f.kind));
    }
}

} // namespace

dmevent_str borrow(std::string_view text) { return {text.data() ? text.data() : "", text.size()}; }

std::string own(dmevent_str text) {
    return text.data ? std::string{text.data, believed(text.size, kLongestText, "bytes of text")}
                     : std::string{};
}

Value own(const dmevent_field& field) { return own(field, 0); }

Fields own(const dmevent_field* fields, std::size_t n) {
    Fields out;
    out.reserve(believed(n, kMostFields, "fields"));
    for (std::size_t i = 0; i < n; ++i) out.emplace_back(own(fields[i].name), own(fields[i]));
    return out;
}

Shown::Shown(const TargetView& view) : lvm_(split_lvm(*view.device)) {
    const auto& id = *view.device;
    device_ = {sizeof device_,  id.number.major, id.number.minor, borrow(id.name),
               borrow(id.uuid), borrow(lvm_.vg), borrow(lvm_.lv)};
    target_ = {sizeof target_, view.index,        &device_,           view.start,
               view.length,    borrow(view.type), borrow(view.table), borrow(view.status)};
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
        return std::string{"an exception left it: "} + e.what();
    } catch (...) {
        return "an exception left it";
    }
}

} // namespace dmev
