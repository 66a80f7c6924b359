// SPDX-License-Identifier: Apache-2.0
// Our parsers against libdevmapper's, line by line. Where they differ a known reason must explain it, and
// each known reason must be met, so that the list neither hides anything nor grows stale.
#pragma once
#include <gtest/gtest.h>
#include <libdevmapper.h>
#include <regex.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cases.hpp"

namespace testing_plugins {

struct Difference {
    const char* reason;
    // OURS and THEIRS: what each read, in one common form; empty where it refused the line.
    std::function<bool(const std::string& line, const std::string& ours, const std::string& theirs)> explains;
};

using Reading = std::function<std::string(const std::string& line)>;

inline void say_nothing(int, const char*, int, int, const char*, ...) {}

inline void compare(const std::vector<std::string>& lines, int mutations, const Reading& ours,
                    const Reading& theirs, const std::vector<Difference>& known) {
    dm_log_with_errno_init(say_nothing); // it logs what it refuses
    std::set<std::string_view> met;
    const auto one = [&](const std::string& line) {
        const auto a = ours(line), b = theirs(line);
        if (a == b) return;
        bool explained = false;
        for (const auto& k : known)
            if (k.explains(line, a, b)) explained = met.insert(k.reason).second || true;
        EXPECT_TRUE(explained) << "line:   " << testing::PrintToString(line) << "\nours:   " << a
                               << "\ntheirs: " << b;
    };
    for (const auto& line : lines) one(line);
    Mutator mutator{lines};
    for (int i = 0; i < mutations && !testing::Test::HasFailure(); ++i) {
        auto line = mutator.next();
        one(line.substr(0, line.find('\0'))); // theirs ends at a NUL byte
    }
    for (const auto& k : known) EXPECT_TRUE(met.contains(k.reason)) << "no line shows any more: " << k.reason;
}

// A grammar written down a second time, so that one slip is not made twice.
class Grammar {
 public:
    explicit Grammar(const char* extended) {
        EXPECT_EQ(regcomp(&regex_, extended, REG_EXTENDED | REG_NOSUB), 0);
    }
    ~Grammar() { regfree(&regex_); }
    Grammar(const Grammar&) = delete;
    Grammar& operator=(const Grammar&) = delete;
    bool matches(const std::string& line) const { return regexec(&regex_, line.c_str(), 0, nullptr, 0) == 0; }

 private:
    regex_t regex_{};
};

using Pool = std::unique_ptr<dm_pool, decltype(&dm_pool_destroy)>;
inline Pool make_pool() { return {dm_pool_create("test", 4096), dm_pool_destroy}; }

// The status lines of the cases for TARGET.
inline std::vector<std::string> lines_of(const std::vector<Case>& cases, std::string_view target) {
    std::vector<std::string> lines;
    for (const auto& one : cases)
        if (one.now.type == target) lines.push_back(one.now.status);
    return lines;
}

} // namespace testing_plugins
