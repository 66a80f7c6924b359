// SPDX-License-Identifier: Apache-2.0
// Captured status lines with what a plugin must say of them, one case a line, read from testdata/*.status:
//
//   target raid 65536                 the target type and length of the lines below
//   table raid5_ls 3 128 …            their table line
//   vm first | 3 AAA … | sync=1/2     a line seen before any other; `then`: after the line above it
//
// The first word is where the line comes from: vm, a running kernel; doc, its documentation; made, by hand.
// Last: every condition that is stated and not NO, every happening, and whatever else is worth a look:
//   +type or +type/part  YES     ~type  SAME     !type  happened     name=value  a field, common or its own
//   -type  NO, where it is worth a look
//   %gauge=used/total    a gauge     read=ms  read within     unknown  the line is not understood
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "plugin/plugin.hpp"

namespace testing_plugins {

struct Line { // a target as it was seen
    std::string type, table, status;
    std::uint64_t length = 0;
};

struct Case {
    std::string place; // file:line
    bool has_before = false;
    Line before, now;
    std::vector<std::string> expected;
};

// Every case of every *.status in DIR; adds a test failure for a line it can not read.
std::vector<Case> read_cases(const std::string& dir);

dmev::Said look(const dmev::Plugin& plugin, const Line* before, const Line& now);
void look(const dmev::Plugin& plugin, const Line* before, const Line& now, dmev::Said& said);

// Adds test failures where SAID is not what EXPECTED has, no more and no less. PLACE: for the failure's text.
void check_said(const dmev::Plugin& plugin, const dmev::Said& said, const std::vector<std::string>& expected,
                const std::string& place);

// Adds test failures where what PLUGIN says of CASE is not what is expected, no more and no less.
void check(const dmev::Plugin& plugin, const Case& one);

// Adds a test failure for each name in the messages of what SAID may raise that it gives no value for.
void check_messages(const dmev::Plugin& plugin, const dmev::Said& said, const std::string& place);

// Adds a test failure for each type and each end of PLUGIN that no case shows.
void check_coverage(const dmev::Plugin& plugin, const std::vector<Case>& cases);

// Cuts, repeats, swaps and overwrites bytes and words of real lines, the same ones every time.
class Mutator {
 public:
    explicit Mutator(std::vector<std::string> lines) : lines_(std::move(lines)) {}
    std::string next();
    std::size_t pick(std::size_t n); // 0 … n-1

 private:
    void mutate(std::string& line);
    std::vector<std::string> lines_;
    std::uint64_t state_ = 0x9e3779b97f4a7c15;
};

// COUNT mutated lines through look(), half of them with a mutated line before. PLUGIN may not understand
// them, but must not fail, nor say more than LIMIT things of one line.
void check_mutations(const dmev::Plugin& plugin, const std::vector<Case>& cases, int count,
                     std::size_t limit);

} // namespace testing_plugins
