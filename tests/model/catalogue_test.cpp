// SPDX-License-Identifier: Apache-2.0
#include "model/catalogue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace dmev {
namespace {

Family thin() {
    Family f;
    f.name = "thin";
    f.claims = {{"thin-pool", true, false, false}};
    for (const auto* name : {"thin.low_water", "thin.overflow", "thin.recovered"}) {
        EventType t;
        t.name = name;
        f.types.push_back(t);
    }
    f.types[0].alias = "_thin_low_water";
    return f;
}

// The contract of names, severities and kinds, by hand.
TEST(Catalogue, HasTheCoresOwnTypes) {
    struct Expected {
        const char* name;
        Severity severity;
        Kind kind;
        const char* ends_as = "";
    };
    using enum Severity;
    using enum Kind;
    const Expected expected[] = {
        {"device.added", info, happening},
        {"device.removed", info, happening},
        {"device.renamed", info, happening},
        {"device.table_changed", info, happening},
        {"device.resized", info, happening},
        {"device.read_only", warning, condition},
        {"device.suspended_long", warning, condition},
        {"device.table_error", error, condition},
        {"device.unresponsive", critical, condition, "device.responsive"},
        {"device.responsive", notice, happening},
        {"device.status_unknown", notice, condition},
        {"action.finished", info, happening},
        {"action.failed", error, happening},
        {"action.no_effect", error, happening},
        {"action.overdue", error, happening},
        {"action.suspended", critical, condition},
        {"monitor.overrun", warning, happening},
        {"monitor.plugin_failed", error, condition},
        {"monitor.store_failed", error, condition},
    };
    const Catalogue catalogue;
    std::size_t known = 0;
    for (const auto& family : catalogue.families()) known += family.types.size();
    EXPECT_EQ(known, std::size(expected));
    for (const auto& e : expected) {
        const auto* type = catalogue.find(e.name);
        ASSERT_TRUE(type) << e.name;
        EXPECT_EQ(type->severity, e.severity) << e.name;
        EXPECT_EQ(type->kind, e.kind) << e.name;
        EXPECT_EQ(type->ends_as, e.ends_as) << e.name;
    }
}

TEST(Catalogue, IsConsistent) {
    const Catalogue catalogue;
    std::set<std::string> names;
    for (const auto& family : catalogue.families()) {
        for (const auto& type : family.types) {
            EXPECT_TRUE(names.insert(type.name).second) << type.name;
            EXPECT_EQ(type.family(), family.name);
            EXPECT_FALSE(type.message.empty()) << type.name;
            EXPECT_FALSE(type.summary.empty()) << type.name;
            EXPECT_TRUE(type.ends_as.empty() || catalogue.find(type.ends_as)) << type.name;
        }
    }
}

TEST(Catalogue, FindsByNameAliasFamilyAndTarget) {
    Catalogue catalogue;
    const auto& added = catalogue.add(thin());
    for (int i = 0; i < 50; ++i) catalogue.add(Family{"f" + std::to_string(i), "", "", {}, {}, {}});
    EXPECT_EQ(added.name, "thin"); // references stay valid
    EXPECT_EQ(catalogue.family("thin"), &added);
    EXPECT_EQ(catalogue.find("thin.low_water"), &added.types[0]);
    EXPECT_EQ(catalogue.find("_thin_low_water"), &added.types[0]);
    EXPECT_EQ(catalogue.claim("thin-pool"), &added.claims[0]);
    EXPECT_FALSE(catalogue.find("thin") || catalogue.find("") || catalogue.family("raid") ||
                 catalogue.claim("raid"));
    const auto words = catalogue.words();
    for (const auto* word : {"device", "device.added", "thin", "thin.overflow", "_thin_low_water"})
        EXPECT_EQ(std::count(words.begin(), words.end(), word), 1) << word;
    EXPECT_EQ(std::count(words.begin(), words.end(), ""), 0);
}

} // namespace
} // namespace dmev
