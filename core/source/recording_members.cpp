// SPDX-License-Identifier: Apache-2.0
#include "source/recording_members.hpp"

namespace dmev::recording {

std::string_view view(const Json& text) { return {text.GetString(), text.GetStringLength()}; }

const char* type_name(const Json& value) {
    if (value.IsNull()) return "null";
    if (value.IsBool()) return "a truth value";
    if (value.IsNumber()) return "a number";
    if (value.IsString()) return "a string";
    return value.IsArray() ? "an array" : "an object";
}

const Json* Members::find(std::string_view name) {
    const auto count = object_.MemberCount();
    const auto first = object_.MemberBegin();
    for (rapidjson::SizeType i = 0; i < count; ++i) {
        const auto at = next_ + i < count ? next_ + i : next_ + i - count;
        if (view(first[at].name) != name) continue;
        next_ = at + 1;
        return &first[at].value;
    }
    return nullptr;
}

std::optional<std::string> Members::optional_text(const char* name, const char* hex_name, bool may_be_null) {
    const Json* plain = find(name);
    if (plain && !plain->IsString() && !(may_be_null && plain->IsNull()))
        throw Bad{path(name), std::string{"must be a string, is "} + type_name(*plain)};
    if (const Json* exact = find(hex_name)) return from_hex(*exact, path(hex_name));
    if (!plain || plain->IsNull()) return std::nullopt;
    return std::string{view(*plain)};
}

std::string Members::text(const char* name, const char* hex_name) {
    auto value = optional_text(name, hex_name);
    if (!value) throw Bad{path(name), "is missing"};
    return *std::move(value);
}

bool Members::flag(const char* name) {
    const Json* value = find(name);
    if (!value) return false;
    if (!value->IsBool())
        throw Bad{path(name), std::string{"must be true or false, is "} + type_name(*value)};
    return value->GetBool();
}

Bad Members::out_of_range(const char* name, const Json& value, std::uint64_t max) const {
    if (!value.IsNumber()) return {path(name), std::string{"must be a number, is "} + type_name(value)};
    return {path(name), "must be a whole number from 0 to " + std::to_string(max)};
}

std::string from_hex(const Json& hex, const std::string& member) {
    const auto digit = [&member](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        throw Bad{member, "must be pairs of hex digits"};
    };
    if (!hex.IsString()) throw Bad{member, std::string{"must be a string, is "} + type_name(hex)};
    const auto digits = view(hex);
    if (digits.size() % 2 != 0) throw Bad{member, "must be pairs of hex digits"};
    std::string out;
    out.reserve(digits.size() / 2);
    for (size_t i = 0; i < digits.size(); i += 2)
        out += static_cast<char>(digit(digits[i]) * 16 + digit(digits[i + 1]));
    return out;
}

} // namespace dmev::recording
