// SPDX-License-Identifier: Apache-2.0
#include "cases.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace testing_plugins {
namespace {

std::vector<std::string> split_words(const std::string& text) {
    std::istringstream in{text};
    return {std::istream_iterator<std::string>{in}, {}};
}

void read_file(const std::filesystem::path& file, std::vector<Case>& cases) {
    std::ifstream in{file};
    Line current, last;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        const auto words = split_words(line);
        if (words.empty() || words[0].starts_with('#')) continue;
        Case one;
        one.place = file.filename().string() + ":" + std::to_string(number);
        if (words[0] == "target" && words.size() == 3) {
            current.type = words[1];
            current.length = std::stoull(words[2]);
        } else if (words[0] == "table") {
            current.table = line.size() > 6 ? line.substr(6) : "";
        } else if (const auto from = line.find(" | "), to = line.rfind(" |");
                   from != line.npos && to > from && words.size() > 2 &&
                   (words[1] == "first" || words[1] == "then")) {
            one.has_before = words[1] == "then";
            one.before = last;
            current.status = to > from + 3 ? line.substr(from + 3, to - from - 3) : "";
            one.now = last = current;
            one.expected = split_words(line.substr(to + 2));
            cases.push_back(std::move(one));
        } else {
            ADD_FAILURE() << one.place << ": neither a case nor a directive: " << line;
        }
    }
}

std::string type_name(const dmev::Plugin& plugin, std::uint32_t type) {
    const auto& name = plugin.family().types[type].name;
    return name.substr(name.find('.') + 1);
}

std::string with_part(std::string name, const std::string& part) {
    return part.empty() ? name : name + "/" + part;
}

void add_fields(const dmev::StatedFields& fields, std::set<std::string>& out) {
    for (const auto& [name, value] : fields) out.insert(name + "=" + value.text());
}

// What was said, in the words of a case. NEWS must match to the last one, the rest where it is asked for.
struct Words {
    std::set<std::string> news, rest;
};

Words words_of(const dmev::Plugin& plugin, const dmev::Said& said) {
    Words w;
    if (said.outcome == dmev::Said::Outcome::unknown) w.news.insert("unknown");
    if (said.outcome == dmev::Said::Outcome::fault) w.news.insert("fault:" + said.because);
    for (const auto& c : said.conditions) {
        if (c.truth == dmev::Truth::no) {
            w.rest.insert("-" + with_part(type_name(plugin, c.type), c.part));
            continue;
        }
        const char mark = c.truth == dmev::Truth::yes ? '+' : c.truth == dmev::Truth::same ? '~' : '?';
        w.news.insert(mark + with_part(type_name(plugin, c.type), c.part));
        if (c.truth == dmev::Truth::yes) add_fields(c.more, w.rest);
    }
    for (const auto& h : said.happenings) {
        w.news.insert("!" + with_part(type_name(plugin, h.type), h.part));
        add_fields(h.more, w.rest);
    }
    for (const auto& g : said.gauges)
        w.rest.insert("%" + plugin.family().gauges[g.gauge].name + "=" + std::to_string(g.used) + "/" +
                      std::to_string(g.total));
    if (said.read_within_ms) w.rest.insert("read=" + std::to_string(*said.read_within_ms));
    add_fields(said.fields, w.rest);
    return w;
}

bool is_news(const std::string& word) {
    return word == "unknown" || std::string_view{"+~?!"}.find(word[0]) != std::string_view::npos;
}

} // namespace

std::vector<Case> read_cases(const std::string& dir) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{dir})
        if (entry.path().extension() == ".status") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<Case> cases;
    for (const auto& file : files) read_file(file, cases);
    EXPECT_FALSE(cases.empty()) << dir;
    return cases;
}

void look(const dmev::Plugin& plugin, const Line* before, const Line& now, dmev::Said& said) {
    const dmev::DeviceId device{"vg-pool", "LVM-x", {253, 1}, 11};
    const auto view = [&](const Line& line) {
        return dmev::TargetView{&device, 0, 0, line.length, line.type, line.table, line.status};
    };
    if (!before) return plugin.look(nullptr, view(now), said);
    const auto old = view(*before);
    plugin.look(&old, view(now), said);
}

dmev::Said look(const dmev::Plugin& plugin, const Line* before, const Line& now) {
    dmev::Said said;
    look(plugin, before, now, said);
    return said;
}

void check_said(const dmev::Plugin& plugin, const dmev::Said& what, const std::vector<std::string>& expected,
                const std::string& place) {
    const auto said = words_of(plugin, what);
    std::set<std::string> news;
    for (const auto& word : expected) {
        if (is_news(word)) {
            news.insert(word);
            continue;
        }
        EXPECT_TRUE(said.rest.contains(word))
            << place << ": no " << word << " in " << testing::PrintToString(said.rest);
    }
    EXPECT_EQ(news, said.news) << place;
}

void check(const dmev::Plugin& plugin, const Case& one) {
    check_said(plugin, look(plugin, one.has_before ? &one.before : nullptr, one.now), one.expected,
               one.place + ": " + one.now.status);
}

void check_coverage(const dmev::Plugin& plugin, const std::vector<Case>& cases) {
    const auto& family = plugin.family();
    std::set<std::string> seen;
    dmev::Said was; // of the case above, which is what `then` follows
    for (const auto& one : cases) {
        auto said = look(plugin, one.has_before ? &one.before : nullptr, one.now);
        for (const auto& h : said.happenings) seen.insert(family.types[h.type].name);
        for (const auto& g : said.gauges) seen.insert(family.gauges[g.gauge].raises);
        for (const auto& c : said.conditions) {
            const auto& type = family.types[c.type];
            if (c.truth == dmev::Truth::yes) seen.insert(type.name);
            const bool ends = one.has_before && c.truth == dmev::Truth::no &&
                              std::any_of(was.conditions.begin(), was.conditions.end(), [&](const auto& w) {
                                  return w.type == c.type && w.part == c.part && w.truth == dmev::Truth::yes;
                              });
            if (ends) seen.insert(type.ends_as.empty() ? type.name + " ends" : type.ends_as);
        }
        was = std::move(said);
    }
    for (const auto& type : family.types) {
        EXPECT_TRUE(seen.contains(type.name)) << "no case shows " << type.name;
        EXPECT_FALSE(type.summary.empty() || type.help.empty()) << type.name << " does not explain itself";
        const bool by_gauge = std::any_of(family.gauges.begin(), family.gauges.end(),
                                          [&](const auto& g) { return g.raises == type.name; });
        const bool ends_itself = type.kind == dmev::Kind::condition && type.ends_as.empty() && !by_gauge;
        EXPECT_TRUE(!ends_itself || seen.contains(type.name + " ends")) << "no case ends " << type.name;
    }
}

} // namespace testing_plugins
