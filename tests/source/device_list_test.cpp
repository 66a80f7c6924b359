// SPDX-License-Identifier: Apache-2.0
#include "source/device_list.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

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
        DeviceList list;
        list.take(bytes(), flags);
        return list.devices();
    }
    const std::string& bytes() const { return bytes_; }

 private:
    template <class T>
    void put(T value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void align() { bytes_.resize((bytes_.size() + 7) / 8 * 8); }
    std::string bytes_;
    std::size_t last_ = 0;
};

TEST(DeviceList, ReadsTheTailOfEachRecord) {
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

TEST(DeviceList, NamesOfEveryLengthKeepTheirEventNumber) {
    for (std::size_t length = 1; length < 128; ++length) {
        const auto list = List{}.add(0xfd00, std::string(length, 'n'), 42, has_uuid, "u").parse(true);
        ASSERT_EQ(list.size(), 1u);
        EXPECT_EQ(list[0].name.size(), length);
        EXPECT_EQ(list[0].event_nr, 42u);
        EXPECT_EQ(list[0].uuid, "u");
    }
}

TEST(DeviceList, WhatFollowsTheNumberIsPaddingOnOlderKernels) {
    const auto list = List{}.add(0xfd00, "a", 1, has_none).parse(false);
    EXPECT_EQ(list.at(0).uuid, std::nullopt);
}

TEST(DeviceList, AnEmptyListIsOneEmptyRecord) {
    EXPECT_TRUE(List{}.add(0, "", 0, 0).parse(true).empty());
    EXPECT_TRUE(List{}.parse(true).empty()) << "whose size does not count";
}

using Places = std::vector<std::size_t>;

TEST(DeviceList, TellsWhatChanged) {
    const auto list = [](std::uint32_t b, const char* c) {
        return List{}
            .add(0xfd00, "a", 1, has_uuid, "x")
            .add(0xfd01, "b", b, has_none)
            .add(0xfd02, c, 1, has_none);
    };
    DeviceList devices;
    devices.take(list(1, "c").bytes(), true);
    EXPECT_FALSE(devices.same_numbers()) << "there was none before";
    devices.take(list(1, "c").bytes(), true);
    EXPECT_TRUE(devices.same_numbers());
    EXPECT_EQ(devices.changed(), Places{});
    devices.take(list(2, "c").bytes(), true);
    EXPECT_EQ(devices.changed(), Places{1});
    EXPECT_EQ(devices.devices()[1].event_nr, 2u);
    devices.take(list(3, "longer than it was").bytes(), true);
    EXPECT_TRUE(devices.same_numbers());
    EXPECT_EQ(devices.changed(), (Places{1, 2}));
    EXPECT_EQ(devices.devices()[2].name, "longer than it was");
}

TEST(DeviceList, OtherNumbersAreAnotherList) {
    const auto a = List{}.add(0xfd00, "a", 1, has_none), b = List{}.add(0xfd01, "a", 1, has_none),
               none = List{}.add(0, "", 0, 0);
    auto both = a;
    both.add(0xfd01, "b", 1, has_none);
    DeviceList devices;
    for (const List* list : std::initializer_list<const List*>{&a, &b, &both, &a, &none, &both}) {
        devices.take(list->bytes(), true);
        EXPECT_FALSE(devices.same_numbers());
        EXPECT_EQ(devices.devices(), list->parse(true));
    }
}

TEST(DeviceList, WhatNobodyWasToldOfIsComparedWithNothing) {
    const auto none = List{}.add(0, "", 0, 0);
    DeviceList devices;
    devices.take(none.bytes(), true);
    devices.take(none.bytes(), true);
    EXPECT_TRUE(devices.same_numbers());
    devices.forget();
    devices.take(none.bytes(), true);
    EXPECT_FALSE(devices.same_numbers());
}

// However it changes: it is what reading it afresh gives, and what it tells of the changes is true.
TEST(DeviceList, AgreesWithAFreshReading) {
    std::mt19937 random{1};
    const auto below = [&](unsigned n) { return random() % n; };
    DeviceList devices;
    std::vector<ListedDevice> before;
    struct One {
        std::uint32_t minor;
        std::string name;
        std::uint32_t nr;
    };
    std::vector<One> kernel;
    for (int round = 0; round < 3000; ++round) {
        switch (below(6)) {
            case 0:
                kernel.push_back({static_cast<std::uint32_t>(below(8)), std::string(1 + below(20), 'n'), 0});
                break;
            case 1:
                if (!kernel.empty())
                    kernel.erase(kernel.begin() +
                                 static_cast<long>(below(static_cast<unsigned>(kernel.size()))));
                break;
            case 2:
                if (!kernel.empty())
                    kernel[below(static_cast<unsigned>(kernel.size()))].name =
                        std::string(1 + below(20), 'r');
                break;
            case 3:
                if (!kernel.empty()) ++kernel[below(static_cast<unsigned>(kernel.size()))].nr;
                break;
            default: break;
        }
        List list;
        for (const auto& one : kernel)
            list.add(0xfd00 + one.minor, one.name, one.nr, has_uuid, "u" + one.name);
        if (kernel.empty()) list.add(0, "", 0, 0);
        devices.take(list.bytes(), true);
        ASSERT_EQ(devices.devices(), list.parse(true));
        if (devices.same_numbers()) {
            ASSERT_EQ(devices.devices().size(), before.size());
            for (const auto place : devices.changed()) {
                ASSERT_EQ(before[place].number, devices.devices()[place].number);
                before[place] = devices.devices()[place];
            }
            ASSERT_EQ(before, devices.devices()) << "round " << round;
        }
        before = devices.devices();
    }
}

} // namespace
} // namespace dmev
