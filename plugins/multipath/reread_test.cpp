// SPDX-License-Identifier: Apache-2.0
// libdevmapper has no parser for multipath maps. So maps are made up, printed as the kernel does, and must be
// read back as they were, or not at all once a word is missing.
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "status.hpp"

namespace {

struct MadePath {
    std::string device;
    bool failed = false;
    std::uint32_t fail_count = 0;
};
struct MadeGroup {
    char state = 'E';
    unsigned selector_words = 0, path_words = 0;
    std::vector<MadePath> paths;
};
struct MadeMap {
    bool queue_io = false;
    unsigned next_group = 0;
    std::vector<MadeGroup> groups;
};

class Maker {
 public:
    MadeMap map() {
        MadeMap map{pick(2) == 1, 0, std::vector<MadeGroup>(pick(5))};
        for (auto& group : map.groups) group = make_group();
        if (!map.groups.empty()) map.next_group = 1 + pick(static_cast<unsigned>(map.groups.size()));
        if (map.next_group && pick(2)) map.groups[map.next_group - 1].state = 'A';
        return map;
    }
    unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }

 private:
    MadeGroup make_group() {
        MadeGroup group{pick(4) == 0 ? 'D' : 'E', pick(3), pick(4), std::vector<MadePath>(pick(6))};
        for (auto& path : group.paths)
            path = {std::to_string(pick(260)) + ":" + std::to_string(random_()), pick(2) == 1,
                    static_cast<std::uint32_t>(random_())};
        return group;
    }
    std::mt19937 random_{20260101};
};

std::string print(const MadeMap& map) {
    std::ostringstream out;
    out << "2 " << map.queue_io << " 0 0 " << map.groups.size() << ' ' << map.next_group << ' ';
    for (const auto& group : map.groups) {
        out << group.state << ' ' << group.selector_words << ' ';
        for (unsigned i = 0; i < group.selector_words; ++i) out << 100 * i << ' ';
        out << group.paths.size() << ' ' << group.path_words << ' ';
        for (const auto& path : group.paths) {
            out << path.device << ' ' << (path.failed ? 'F' : 'A') << ' ' << path.fail_count << ' ';
            for (unsigned i = 0; i < group.path_words; ++i) out << i << ' ';
        }
    }
    return out.str();
}

void expect_same(const MadeMap& made, const multipath::Status& read) {
    EXPECT_EQ(read.queue_io, made.queue_io);
    EXPECT_EQ(read.next_group, made.next_group);
    ASSERT_EQ(read.groups.size(), made.groups.size());
    for (std::size_t g = 0; g < made.groups.size(); ++g) {
        EXPECT_EQ(read.groups[g].state, made.groups[g].state);
        ASSERT_EQ(read.groups[g].paths.size(), made.groups[g].paths.size());
        for (std::size_t p = 0; p < made.groups[g].paths.size(); ++p) {
            EXPECT_EQ(read.groups[g].paths[p].device, made.groups[g].paths[p].device);
            EXPECT_EQ(read.groups[g].paths[p].failed, made.groups[g].paths[p].failed);
            EXPECT_EQ(read.groups[g].paths[p].fail_count, made.groups[g].paths[p].fail_count);
        }
    }
}

TEST(MultipathReread, WhatTheKernelWouldPrintIsReadBack) {
    Maker maker;
    for (int i = 0; i < 20'000; ++i) {
        const auto made = maker.map();
        const auto line = print(made);
        const auto read = multipath::Status::parse(line);
        ASSERT_TRUE(read) << line;
        expect_same(made, *read);
        ASSERT_FALSE(HasFailure()) << line;
        ASSERT_TRUE(multipath::Status::parse(line + "more to come"));
    }
}

TEST(MultipathReread, ALineThatEndsEarlyIsRefused) {
    Maker maker;
    for (int i = 0; i < 2'000; ++i) {
        auto line = print(maker.map());
        while (!line.empty()) {
            line.pop_back();
            line.resize(line.find_last_of(' ') == line.npos ? 0 : line.find_last_of(' ') + 1);
            ASSERT_FALSE(multipath::Status::parse(line)) << line;
        }
    }
}

} // namespace
