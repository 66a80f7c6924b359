// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cases.hpp"
#include "status.hpp"

namespace {

using namespace testing_plugins;

dmev::Plugin plugin() { return *dmev::Plugin::adopt(&dmevent_plugin_entry, "mirror.so", nullptr); }

TEST(Mirror, SaysOfEachCapturedLineWhatIsExpected) {
    const auto mirror = plugin();
    for (const auto& one : read_cases(CASES)) check(mirror, one);
}

TEST(Mirror, EveryMessageFindsItsFields) {
    const auto mirror = plugin();
    for (const auto& one : read_cases(CASES))
        check_messages(mirror, look(mirror, one.has_before ? &one.before : nullptr, one.now), one.place);
}

TEST(Mirror, EveryTypeIsShownByACase) { check_coverage(plugin(), read_cases(CASES)); }

TEST(Mirror, MutatedLinesAreRefusedOrReadButNeverBreakIt) {
    // A mutation repeats words a thousandfold, and three things are said of each leg.
    check_mutations(plugin(), read_cases(CASES), 100'000, 40'000);
}

} // namespace
