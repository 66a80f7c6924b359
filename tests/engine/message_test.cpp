// SPDX-License-Identifier: Apache-2.0
#include "engine/message.hpp"

#include <gtest/gtest.h>

namespace dmev {
namespace {

TEST(Message, FillsInDeviceKeyAndFields) {
    const Fields fields{{"n", {std::uint64_t{3}}},
                        {"list", {Value::List{{std::string{"a"}}, {std::string{"b"}}}}}};
    EXPECT_EQ(format_message("{device}: {key} {n} {list}", "vg-pool", "8:0", fields), "vg-pool: 8:0 3 a, b");
    EXPECT_EQ(format_message("{missing} {", "d", "", fields), "? {");
    EXPECT_EQ(format_message("", "d", "", fields), "");
}

TEST(Message, ANameThatLooksLikeATemplateStaysAName) {
    EXPECT_EQ(format_message("{device} is full", "{key}", "secret", {}), "{key} is full");
}

} // namespace
} // namespace dmev
