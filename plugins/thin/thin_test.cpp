// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cases.hpp"
#include "status.hpp"

namespace {

using namespace testing_plugins;

dmev::Plugin plugin() { return *dmev::Plugin::adopt(&dmevent_plugin_entry, "thin.so", nullptr); }

TEST(Thin, SaysOfEachCapturedLineWhatIsExpected) {
    const auto thin = plugin();
    for (const auto& one : read_cases(CASES)) check(thin, one);
}

TEST(Thin, EveryTypeIsShownByACase) { check_coverage(plugin(), read_cases(CASES)); }

TEST(Thin, MutatedLinesAreRefusedOrReadButNeverBreakIt) {
    check_mutations(plugin(), read_cases(CASES), 100'000, 16);
}

// Beyond any line: what is not text at all.
TEST(Thin, ParsersTakeAnyBytes) {
    for (const std::string& bytes :
         {std::string(1 << 20, ' '), std::string(1 << 20, '1'), std::string(4096, '\0'),
          std::string("\xff\xfe 1/1 1/1 -"), std::string("0 1/2 1/2")}) {
        EXPECT_FALSE(thin::Pool::parse(bytes));
        EXPECT_FALSE(thin::Volume::parse(bytes));
        EXPECT_FALSE(thin::PoolTable::parse(bytes));
    }
    EXPECT_FALSE(thin::PoolTable::parse("1:0 1:1 128 0 18446744073709551615 read_only"));
}

TEST(Thin, TheContractsMessageCanBeWritten) {
    const auto thin = plugin();
    const auto& type = thin.family().types.front();
    EXPECT_EQ(type.name, "thin.low_water");
    EXPECT_EQ(
        type.message,
        "thin pool {device}: {data_free} of {data_total} data blocks free, at or below the low water mark of "
        "{low_water_mark}");
    const auto said =
        look(thin, nullptr,
             {"thin-pool", "1:0 253:0 128 256 1 error_if_no_space ",
              "0 3292/32768 784/1024 - rw no_discard_passdown error_if_no_space - 1024 ", 131072});
    const auto text = [&](const char* name) {
        const auto* value = dmev::find_field(said.fields, name);
        return value ? value->text() : "";
    };
    EXPECT_EQ(text("data_free"), "240");
    EXPECT_EQ(text("data_total"), "1024");
    EXPECT_EQ(text("data_percent"), "76.56");
    EXPECT_EQ(text("low_water_mark"), "256");
}

} // namespace
