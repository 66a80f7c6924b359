// SPDX-License-Identifier: Apache-2.0
// Configurations that read well and mean nothing: what is said of each is written at its top.
#include "config/zoo.hpp"

#include "config/load.hpp"
#include "support.hpp"

namespace dmev {
namespace {

TEST(Zoo, SaysWhatDoesNotMeanAnything) {
    const auto judge = [](const std::string& text, const std::string& file) {
        Diagnostics diagnostics;
        Settings settings;
        read_settings(text, file, settings, diagnostics);
        EXPECT_TRUE(diagnostics.ok()) << file << " does not even read";
        compile(settings, test_catalogue(), diagnostics);
        diagnostics.sort();
        return diagnostics;
    };
    EXPECT_GE(zoo::walk(ZOO "/meaning", judge), 44u);
}

} // namespace
} // namespace dmev
