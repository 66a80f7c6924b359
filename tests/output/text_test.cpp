// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "output/output.hpp"
#include "output/samples.hpp"

namespace dmev {
namespace {

std::string text_of(TextStyle style, const std::function<void(Output&)>& show) {
    std::string out;
    show(*text_output([&](std::string&& lines) { out += lines; }, style));
    return out;
}
std::string text_of(const Event& event, TextStyle style = {}) {
    return text_of(style, [&](Output& o) { o.event(event); });
}
std::string local(const Event& event) { return format_local(event.time); }

TEST(TextEvent, IsOneLine) {
    const auto e = test::low_water();
    EXPECT_EQ(text_of(e), local(e) + "  warning   thin.low_water              " + e.message + "\n");
}

TEST(TextEvent, MarksWhatIsNoNews) {
    const auto e = test::path_failed();
    EXPECT_EQ(text_of(e), local(e) +
                              "  warning   multipath.path_failed       mp: path 8:32 failed"
                              "  (already so, again, inferred from the status)\n");
}

TEST(TextEvent, ColoursOnlyWhenAsked) {
    EXPECT_EQ(text_of(test::low_water()).find('\x1b'), std::string::npos);
    const auto coloured = text_of(test::low_water(), {.colour = true});
    EXPECT_NE(coloured.find("\x1b[33mwarning\x1b[0m   thin.low_water"), std::string::npos) << coloured;
    auto calm = test::low_water();
    calm.severity = Severity::info;
    EXPECT_EQ(text_of(calm, {.colour = true}).find('\x1b'), std::string::npos);
}

TEST(TextEvent, VerbosityAddsLinesBelow) {
    const auto e = test::path_failed();
    const auto first = text_of(e);
    const std::string data = "    path=8:32 volumes=[\"a b\",c] offset=-3 queueing=yes share=nan\n";
    EXPECT_EQ(text_of(e, {.verbosity = 1}), first + data);
    EXPECT_EQ(
        text_of(e, {.verbosity = 2}),
        first + data +
            "    id=20260131T101502.123456789-11-1 state=raised source=uevent device=vg-pool number=253:1 "
            "uuid=LVM-x-tpool target=thin-pool[0] part=8:32\n"
            "    uevent=change seqnum=1130 dm_action=PATH_FAILED dm_seqnum=1\n");
    EXPECT_EQ(text_of(test::overrun(), {.verbosity = 1}), text_of(test::overrun()));
}

TEST(TextEvent, NothingHostileReachesTheTerminal) {
    const auto shown = text_of(test::hostile(), {.verbosity = 2});
    EXPECT_TRUE(is_utf8(shown));
    EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 4);
    for (const char c : shown) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    EXPECT_NE(shown.find("a\\x0ab\\x1b[2J\\xff\" \\\\\n"), std::string::npos) << shown;
    EXPECT_NE(shown.find(R"(text="=\"x y\"\x0d\xc2\x9b")"), std::string::npos) << shown;
}

TEST(TextCatalogue, IsAlignedAndFitsThePage) {
    Catalogue catalogue;
    catalogue.add(test::thin_family());
    const auto shown = text_of({}, [&](Output& o) { o.catalogue(catalogue); });
    EXPECT_NE(shown.find("\nthin 0.1.0  (targets: thin-pool, thin)\n"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("no plugin"), std::string::npos);
    std::istringstream in{shown};
    std::string header, line;
    std::getline(in, header);
    const auto column = header.find("SEVERITY");
    int types = 0;
    while (std::getline(in, line)) {
        EXPECT_LE(line.size(), 110u) << line;
        if (line.find('.') == std::string::npos || line[0] != ' ' || line[2] == ' ') continue;
        ++types;
        EXPECT_EQ(line[column - 1], ' ') << line;
        EXPECT_TRUE(line.substr(column).starts_with("info") || line.substr(column).starts_with("notice") ||
                    line.substr(column).starts_with("warning") || line.substr(column).starts_with("error") ||
                    line.substr(column).starts_with("critical"))
            << line;
    }
    int known = 0;
    for (const auto& family : catalogue.families()) known += static_cast<int>(family.types.size());
    EXPECT_EQ(types, known);
    EXPECT_NE(shown.find("_thin_low_water  free data blocks"), std::string::npos) << shown;
}

TEST(TextCatalogue, ShowsHooksWithTheirParametersBelowTheTypes) {
    Catalogue catalogue;
    catalogue.add(test::thin_family());
    const auto shown = text_of({}, [&](Output& o) { o.catalogue(catalogue); });
    const auto hook = shown.find("    hook thin.extend ");
    ASSERT_NE(hook, std::string::npos) << shown;
    EXPECT_GT(hook, shown.find("  thin.metadata_low_water "));
    EXPECT_NE(shown.find("  extends the pool by LVM's policy", hook), std::string::npos) << shown;
    EXPECT_TRUE(
        shown.ends_with("         max_size  unsigned  in bytes; never beyond\n"
                        "         why       text      (required) said to whoever asks\n"))
        << shown;
}

TEST(TextCatalogue, SaysWhenNoPluginIsLoaded) {
    const auto shown = text_of({}, [](Output& o) { o.catalogue(Catalogue{}); });
    EXPECT_NE(shown.find("\nno plugin is loaded\n"), std::string::npos);
    EXPECT_NE(shown.find("  device.added "), std::string::npos);
}

TEST(TextDevices, ShowWhatIsPending) {
    EXPECT_EQ(text_of({}, [](Output& o) { o.devices(test::devices()); }),
              "vg-pool (253:1)  thin-pool  1 event  suspended  read-only\n"
              "    warning   thin.low_water            few blocks free\n"
              "    warning   device.suspended_long     suspended\n"
              "a\\\\x20b\\xff\\x0a (253:7)  no table  4294967295 events\n"
              "    nothing pending\n");
    const auto more = text_of({.verbosity = 2}, [](Output& o) { o.devices(test::devices()); });
    EXPECT_NE(more.find("    uuid LVM-x-tpool\n"), std::string::npos) << more;
    EXPECT_NE(more.find("        data_used=784 data_percent=76.56\n"), std::string::npos) << more;
}

TEST(TextDevices, SayWhenThereAreNone) {
    EXPECT_EQ(text_of({}, [](Output& o) { o.devices({}); }), "no device-mapper devices to show\n");
}

} // namespace
} // namespace dmev
