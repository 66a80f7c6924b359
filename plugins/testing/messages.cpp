// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "cases.hpp"

namespace testing_plugins {
namespace {

// The names in braces of a message's template, but for those that every event has.
std::set<std::string> placeholders(const std::string& message) {
    std::set<std::string> names;
    for (auto from = message.find('{'); from != message.npos; from = message.find('{', from + 1))
        names.insert(message.substr(from + 1, message.find('}', from) - from - 1));
    names.erase("device");
    names.erase("key");
    return names;
}

void check_message(const dmev::Plugin& plugin, const std::string& type, const dmev::Said& said,
                   const dmev::StatedFields& more, const std::string& place) {
    for (const auto& t : plugin.family().types)
        for (const auto& name : t.name == type ? placeholders(t.message) : std::set<std::string>{})
            EXPECT_TRUE(dmev::find_field(more, name) || dmev::find_field(said.fields, name))
                << place << ": the message of " << type << " has no {" << name << "}";
}

} // namespace

void check_messages(const dmev::Plugin& plugin, const dmev::Said& said, const std::string& place) {
    const auto& types = plugin.family().types;
    for (const auto& c : said.conditions) {
        const auto& type = types[c.type];
        const bool over = c.truth == dmev::Truth::no || c.truth == dmev::Truth::lapsed;
        if (over && type.ends_as.empty()) continue; // the host says that it is over
        const bool ends_otherwise = over && !type.ends_as.empty();
        check_message(plugin, ends_otherwise ? type.ends_as : type.name, said, c.more, place);
    }
    for (const auto& h : said.happenings) check_message(plugin, types[h.type].name, said, h.more, place);
}

} // namespace testing_plugins
