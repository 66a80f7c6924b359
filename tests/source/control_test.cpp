// SPDX-License-Identifier: Apache-2.0
#include "source/control.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace dmev {
namespace {

constexpr std::uint32_t has_uuid = 1, has_none = 2; // DM_NAME_LIST_FLAG_*

// Lays out records as list_devices() of the kernel does.
class List {
 public:
    List& add(std::uint64_t dev, const std::string& name, std::uint32_t event_nr, std::uint32_t flags,
              const std::string& uuid = "") {
        if (!bytes_.empty()) {
            const auto next = static_cast<std::uint32_t>(bytes_.size() - last_);
            std::memcpy(bytes_.data() + last_ + 8, &next, sizeof next);
        }
        last_ = bytes_.size();
        put(dev);
        put(std::uint32_t{0});
        bytes_ += name + '\0';
        align();
        put(event_nr);
        put(flags);
        if (flags & has_uuid) bytes_ += uuid + '\0';
        align();
        return *this;
    }
    std::vector<ListedDevice> parse(bool flags) const {
        std::vector<std::uint64_t> aligned(bytes_.size() / 8);
        std::memcpy(aligned.data(), bytes_.data(), bytes_.size());
        return parse_list(aligned.data(), flags);
    }

 private:
    template <class T>
    void put(T value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void align() { bytes_.resize((bytes_.size() + 7) / 8 * 8); }
    std::string bytes_;
    std::size_t last_ = 0;
};

TEST(ParseList, ReadsTheTailOfEachRecord) {
    const auto list = List{}
                          .add(0xfd00, "a", 7, has_uuid, "LVM-x")
                          .add(0xfd01, "four", 0xffffffff, has_none)
                          .add(0x10fd02, "worse \\x20 \"x", 0, 0)
                          .parse(true);
    ASSERT_EQ(list.size(), 3u);
    EXPECT_EQ(list[0].number, (DevNum{253, 0}));
    EXPECT_EQ(list[0].name, "a");
    EXPECT_EQ(list[0].uuid, "LVM-x");
    EXPECT_EQ(list[0].event_nr, 7u);
    EXPECT_EQ(list[1].name, "four");
    EXPECT_EQ(list[1].uuid, "");
    EXPECT_EQ(list[1].event_nr, 0xffffffff);
    EXPECT_EQ(list[2].number, (DevNum{253, 258}));
    EXPECT_EQ(list[2].name, "worse \\x20 \"x");
    EXPECT_EQ(list[2].uuid, std::nullopt) << "nobody asked for it";
}

TEST(ParseList, NamesOfEveryLengthKeepTheirEventNumber) {
    for (std::size_t length = 1; length < 128; ++length) {
        const auto list = List{}.add(0xfd00, std::string(length, 'n'), 42, has_uuid, "u").parse(true);
        ASSERT_EQ(list.size(), 1u);
        EXPECT_EQ(list[0].name.size(), length);
        EXPECT_EQ(list[0].event_nr, 42u);
        EXPECT_EQ(list[0].uuid, "u");
    }
}

TEST(ParseList, WhatFollowsTheNumberIsPaddingOnOlderKernels) {
    const auto list = List{}.add(0xfd00, "a", 1, has_none).parse(false);
    EXPECT_EQ(list.at(0).uuid, std::nullopt);
}

TEST(ParseList, AnEmptyListIsOneEmptyRecord) { EXPECT_TRUE(List{}.add(0, "", 0, 0).parse(true).empty()); }

} // namespace
} // namespace dmev
