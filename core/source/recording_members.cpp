// SPDX-License-Identifier: Apache-2.0
#include "source/recording_members.hpp"

namespace dmev::recording {

const char* type_name(const Json& value) {
    switch (value.kind) {
        case Json::Kind::null: return "null";
        case Json::Kind::truth: return "a truth value";
        case Json::Kind::natural:
        case Json::Kind::number: return "a number";
        case Json::Kind::text: return "a string";
        case Json::Kind::array: return "an array";
        case Json::Kind::object: break;
    }
    return "an object";
}

Members::Members(const Json& object, const char* list, std::size_t index)
    : object_(object), list_(list), index_(index), next_(object.begin()) {
    for (const auto& member : object) has_hex_ |= member.name.ends_with("_hex");
}

std::string Members::path(std::string_view name) const {
    const auto place = list_ ? list_ + ("[" + std::to_string(index_) + "].") : std::string{};
    return place + std::string{name};
}

const Json* Members::find(std::string_view name) {
    const auto began = next_;
    const auto in = [&](Json::Iterator from, Json::Iterator to) -> const Json* {
        for (; from != to; ++from) {
            if ((*from).name != name) continue;
            in_order_ &= from == began;
            next_ = from;
            return (++next_, from.at);
        }
        return nullptr;
    };
    if (const auto* found = in(began, object_.end())) return found;
    return in_order_ ? nullptr : in(object_.begin(), began);
}

std::optional<std::string> Members::optional_text(const char* name, const char* hex_name, bool may_be_null) {
    const Json* plain = find(name);
    if (plain && !plain->is(Json::Kind::text) && !(may_be_null && plain->is(Json::Kind::null)))
        throw Bad{path(name), std::string{"must be a string, is "} + type_name(*plain)};
    if (const Json* exact = has_hex_ ? find(hex_name) : nullptr) return from_hex(*exact, path(hex_name));
    if (!plain || plain->is(Json::Kind::null)) return std::nullopt;
    return std::string{plain->text};
}

std::string Members::text(const char* name, const char* hex_name) {
    auto value = optional_text(name, hex_name);
    if (!value) throw Bad{path(name), "is missing"};
    return *std::move(value);
}

bool Members::flag(const char* name) {
    const Json* value = find(name);
    if (!value) return false;
    if (!value->is(Json::Kind::truth))
        throw Bad{path(name), std::string{"must be true or false, is "} + type_name(*value)};
    return value->natural != 0;
}

Bad Members::out_of_range(const char* name, const Json& value, std::uint64_t max) const {
    if (!value.is(Json::Kind::natural) && !value.is(Json::Kind::number))
        return {path(name), std::string{"must be a number, is "} + type_name(value)};
    return {path(name), "must be a whole number from 0 to " + std::to_string(max)};
}

std::string from_hex(const Json& hex, const std::string& member) {
    const auto digit = [&member](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        throw Bad{member, "must be pairs of hex digits"};
    };
    if (!hex.is(Json::Kind::text)) throw Bad{member, std::string{"must be a string, is "} + type_name(hex)};
    const auto digits = hex.text;
    if (digits.size() % 2 != 0) throw Bad{member, "must be pairs of hex digits"};
    std::string out;
    out.reserve(digits.size() / 2);
    for (size_t i = 0; i < digits.size(); i += 2)
        out += static_cast<char>(digit(digits[i]) * 16 + digit(digits[i + 1]));
    return out;
}

} // namespace dmev::recording
