// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

#include "config/load.hpp"

namespace dmev {
namespace {

TEST(Zoo, EverythingThatIsWrongIsSaidWithItsPlace) {
    const auto count = zoo::walk(ZOO "/reading", [](const std::string& text, const std::string& file) {
        Settings settings;
        Diagnostics diagnostics;
        read_settings(text, file, settings, diagnostics);
        return diagnostics;
    });
    EXPECT_GE(count, 100u);
}

} // namespace
} // namespace dmev
