// SPDX-License-Identifier: Apache-2.0
// The difference of two configurations, found on their effective JSON so that no key can be forgotten.
#include "base/rapidjson.hpp"
#include "cli/configuration.hpp"
#include "config/print.hpp"

namespace dmev {
namespace {

using Json = rapidjson::Value;

std::string text(const Json& value) {
    if (value.IsString()) return {value.GetString(), value.GetStringLength()};
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

// A rule is known by its name, wherever it stands.
const Json* named(const Json& list, const Json& name) {
    for (const auto& item : list.GetArray())
        if (item.IsObject() && item.HasMember("name") && item["name"] == name) return &item;
    return nullptr;
}

bool all_named(const Json& list) {
    for (const auto& item : list.GetArray())
        if (!item.IsObject() || !item.HasMember("name")) return false;
    return true;
}

class Differ {
 public:
    std::vector<std::string> out;

    void compare(const std::string& path, const Json& was, const Json& is) {
        if (was == is) return;
        if (was.IsObject() && is.IsObject()) return members(path, was, is);
        if (was.IsArray() && is.IsArray() && all_named(was) && all_named(is)) return items(path, was, is);
        out.push_back(path + ": " + text(was) + " -> " + text(is));
    }

 private:
    void members(const std::string& path, const Json& was, const Json& is) {
        const auto below = [&](const Json& name) { return (path.empty() ? "" : path + ".") + text(name); };
        for (const auto& [name, value] : was.GetObject()) {
            if (is.HasMember(name))
                compare(below(name), value, is[name]);
            else
                out.push_back(below(name) + ": gone");
        }
        for (const auto& [name, value] : is.GetObject())
            if (!was.HasMember(name)) out.push_back(below(name) + ": new");
    }
    void items(const std::string& path, const Json& was, const Json& is) {
        const auto size_before = out.size();
        for (const auto& item : was.GetArray()) {
            const auto place = path + "[" + text(item["name"]) + "]";
            if (const auto* other = named(is, item["name"]))
                compare(place, item, *other);
            else
                out.push_back(place + ": gone");
        }
        for (const auto& item : is.GetArray())
            if (!named(was, item["name"])) out.push_back(path + "[" + text(item["name"]) + "]: new");
        if (out.size() == size_before) out.push_back(path + ": in another order");
    }
};

} // namespace

std::vector<std::string> changes(const Settings& was, const Settings& is) {
    rapidjson::Document before, after;
    before.Parse(settings_json(was).c_str());
    after.Parse(settings_json(is).c_str());
    Differ differ;
    differ.compare("", before, after);
    return std::move(differ.out);
}

} // namespace dmev
