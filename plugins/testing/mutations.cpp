// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sstream>

#include "cases.hpp"

namespace testing_plugins {
namespace {

// What parsers stumble over.
constexpr std::string_view kNasty[] = {"",
                                       "-",
                                       "0",
                                       "4294967295",
                                       "4294967296",
                                       "18446744073709551615",
                                       "18446744073709551616",
                                       "-1",
                                       "/",
                                       "1/0",
                                       "//1/",
                                       "0x10",
                                       "1e9",
                                       "Fail",
                                       "Error",
                                       "D",
                                       "a",
                                       "A-D",
                                       "%s%n",
                                       "needs_check"};

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> words(1);
    for (const char c : line) {
        if (c == ' ')
            words.emplace_back();
        else
            words.back() += c;
    }
    return words;
}

// All of it, in words.
std::string spelled(const dmev::Said& said) {
    std::ostringstream out;
    const auto fields = [&out](const dmev::StatedFields& of) {
        for (const auto& [name, value] : of) out << ' ' << name << '=' << value.text();
        out << '\n';
    };
    out << static_cast<int>(said.outcome) << ' ' << said.because;
    fields(said.fields);
    for (const auto& c : said.conditions) {
        out << c.type << ' ' << c.part << ' ' << static_cast<int>(c.truth);
        fields(c.more);
    }
    for (const auto& h : said.happenings) {
        out << h.type << ' ' << h.part;
        fields(h.more);
    }
    for (const auto& g : said.gauges) out << g.gauge << ' ' << g.used << ' ' << g.total << '\n';
    out << said.read_within_ms.value_or(0);
    return out.str();
}

} // namespace

// xorshift: the library's distributions differ between implementations.
std::size_t Mutator::pick(std::size_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return n == 0 ? 0 : static_cast<std::size_t>((state_ >> 11) % n);
}

void Mutator::mutate(std::string& line) {
    auto words = split(line);
    auto& word = words[pick(words.size())];
    switch (pick(8)) {
        case 0: line.resize(pick(line.size() + 1)); return;
        case 1:
            if (!line.empty()) line[pick(line.size())] = static_cast<char>(pick(256));
            return;
        case 2: line.insert(pick(line.size() + 1), 1, static_cast<char>(pick(256))); return;
        case 3: word = kNasty[pick(std::size(kNasty))]; break;
        case 4: word += word; break;
        case 5: word += std::string(1 + pick(1000), word.empty() ? ' ' : word.back()); break;
        case 6: std::swap(word, words[pick(words.size())]); break;
        default: words.insert(words.begin() + static_cast<long>(pick(words.size())), std::string{word});
    }
    line.clear();
    for (const auto& w : words) (line += w) += ' ';
    line.pop_back();
}

std::string Mutator::next() {
    auto line = lines_[pick(lines_.size())];
    for (auto n = 1 + pick(3); n-- > 0;) mutate(line);
    return line;
}

void check_mutations(const dmev::Plugin& plugin, const std::vector<Case>& cases, int count,
                     std::size_t limit) {
    std::vector<std::string> statuses, tables;
    for (const auto& one : cases) {
        statuses.push_back(one.now.status);
        tables.push_back(one.now.table);
    }
    Mutator status{statuses}, table{tables};
    const auto mutated = [&](const Line& like) {
        return Line{like.type, status.pick(2) ? table.next() : like.table, status.next(),
                    status.pick(8) ? like.length : 0};
    };
    int understood = 0;
    dmev::Said after_others; // whatever it held
    for (int i = 0; i < count; ++i) {
        const auto& like = cases[status.pick(cases.size())].now;
        const auto now = mutated(like), before = mutated(like);
        const bool first = status.pick(2);
        const auto said = look(plugin, first ? nullptr : &before, now);
        look(plugin, first ? nullptr : &before, now, after_others);
        ASSERT_EQ(spelled(after_others), spelled(said)) << now.status;
        ASSERT_NE(said.outcome, dmev::Said::Outcome::fault) << said.because << ": " << now.status;
        ASSERT_TRUE(!first || said.happenings.empty()) << now.status;
        ASSERT_LE(said.conditions.size() + said.happenings.size(), limit) << now.status;
        understood += said.outcome == dmev::Said::Outcome::ok;
    }
    EXPECT_GT(understood, count / 50) << "the mutations do not get far enough to test anything";
    EXPECT_LT(understood, count) << "nothing was refused";
}

} // namespace testing_plugins
