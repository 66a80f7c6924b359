// SPDX-License-Identifier: Apache-2.0
#include "plugin/loader.hpp"

#include <dlfcn.h>
#include <sys/wait.h>

#include "zoo.hpp"

namespace dmev {
namespace {

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{"/proc/self/fd"}, {}));
}

TEST(Loader, FillsTheCatalogue) {
    const Cage cage;
    const auto file = cage.put("striped");
    Catalogue catalogue;
    const auto loaded = cage.load(catalogue);
    ASSERT_EQ(loaded.plugins.size(), 1u);
    ASSERT_NE(catalogue.family("striped"), nullptr);
    EXPECT_EQ(catalogue.family("striped")->file, file);
    EXPECT_EQ(catalogue.family("striped")->version, "1");
    ASSERT_NE(catalogue.find("striped.device_failed"), nullptr);
    EXPECT_EQ(catalogue.find("striped.device_failed")->kind, Kind::condition);
    EXPECT_NE(catalogue.claim("striped"), nullptr);
}

TEST(Loader, GoesByFileNameAndTakesOnlyLibraries) {
    const Cage cage;
    cage.put("striped", "b");
    cage.put("sound", "a");
    cage.put("sound", ".c"); // an installer's, before it is renamed
    cage.write("README", "not ours");
    cage.write("thin.so.dpkg-new", "not ours");
    Catalogue catalogue;
    const auto loaded = cage.load(catalogue);
    EXPECT_EQ(names(loaded), (std::vector<std::string>{"sound", "striped"}));
    EXPECT_TRUE(loaded.refused.empty());
}

TEST(Loader, AnEarlierFileHidesALaterOneOfItsName) {
    const Cage first, second;
    const auto here = first.put("sound", "x");
    second.put("no_symbol", "x");
    Catalogue catalogue;
    const auto loaded = load_plugins({{first.path(), second.path()}}, catalogue);
    ASSERT_EQ(loaded.plugins.size(), 1u);
    EXPECT_EQ(loaded.plugins[0].family().file, here);
    EXPECT_TRUE(loaded.refused.empty());
}

TEST(Loader, ARefusedFileHidesNothing) {
    const Cage first, second;
    first.put("no_symbol", "x");
    const auto there = second.put("sound", "x");
    Catalogue catalogue;
    const auto loaded = load_plugins({{first.path(), second.path()}}, catalogue);
    ASSERT_EQ(loaded.plugins.size(), 1u);
    EXPECT_EQ(loaded.plugins[0].family().file, there);
    EXPECT_EQ(loaded.refused.size(), 1u);
}

TEST(Loader, TheFirstOfTwoThatClaimATargetWins) {
    for (const bool sound_first : {true, false}) {
        const Cage first, second;
        const auto winner = first.put(sound_first ? "sound" : "target_taken");
        const auto loser = second.put(sound_first ? "target_taken" : "sound");
        Catalogue catalogue;
        const auto loaded = load_plugins({{first.path(), second.path()}}, catalogue);
        ASSERT_EQ(loaded.refused.size(), 1u);
        EXPECT_EQ(loaded.refused[0].object, loser);
        EXPECT_EQ(loaded.refused[0].why, "target type 'sound' is claimed by plugin '" +
                                             loaded.plugins.at(0).family().name + "' (" + winner.native() +
                                             ")");
        ASSERT_NE(catalogue.claim("sound"), nullptr);
        EXPECT_EQ(catalogue.families().size(), 4u); // nothing of the loser joined
    }
}

TEST(Loader, SaysThatADirectoryIsMissingAndGoesOn) {
    const Cage cage;
    cage.put("sound");
    const auto missing = cage.path() / "missing";
    Catalogue catalogue;
    const auto loaded = load_plugins({{missing, cage.path()}}, catalogue);
    EXPECT_EQ(names(loaded), (std::vector<std::string>{"sound"}));
    ASSERT_EQ(loaded.refused.size(), 1u);
    EXPECT_EQ(loaded.refused[0].text(), "cannot read plugin directory " + missing.native() +
                                            ": No such file or directory; install the plugins there, or name "
                                            "another with --plugin-dir");
}

TEST(Loader, LeavesNeitherDescriptorsNorChildren) {
    const Cage cage;
    for (const char* animal : {"sound", "no_symbol", "ctor_crashes", "wrong_abi"}) cage.put(animal);
    cage.write("text.so", "no");
    const auto before = open_descriptors();
    Catalogue catalogue;
    const auto loaded = cage.load(catalogue);
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(waitpid(-1, nullptr, 0), -1);
    EXPECT_EQ(errno, ECHILD);
}

TEST(Loader, AReplacedFileGivesItsNewCode) {
    const Cage cage;
    const auto file = cage.put("sound", "x");
    EXPECT_EQ(cage.only().family().name, "sound");
    EXPECT_EQ(dlopen(file.c_str(), RTLD_NOLOAD | RTLD_NOW), nullptr); // it went with its plugin
    fs::rename(cage.put("striped", "y"), file);
    EXPECT_EQ(cage.only().family().name, "striped");
}

TEST(DefaultDirectories, AreThoseOfTheBuildTree) {
    const Cage cage;
    const auto build = cage.path();
    for (const char* part : {"core", "plugins/raid/raid.so.p", "plugins/mirror"})
        fs::create_directories(build / part);
    const auto program = build / "core" / "dmevent_tool";
    const std::vector<fs::path> installed{DMEVENT_PLUGIN_DIR};
    EXPECT_EQ(plugin_directories_of(program), installed); // no build tree yet
    cage.write("build.ninja", "");
    EXPECT_EQ(plugin_directories_of(program),
              (std::vector{build / "plugins" / "mirror", build / "plugins" / "raid"}));
    EXPECT_EQ(plugin_directories_of("/usr/sbin/dmevent_tool"), installed);
    EXPECT_EQ(default_plugin_directories(), installed); // this test is not in core/
}

} // namespace
} // namespace dmev
