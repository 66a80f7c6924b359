// SPDX-License-Identifier: Apache-2.0
// Each animal beside a sound plugin: it is refused with a reason of its own, and the sound one works.
#include "zoo.hpp"

#include <elf.h>

#include <map>

namespace dmev {
namespace {

struct Animal {
    const char *name, *why, *remedy;
    int trial_ms = 5000;
};
void PrintTo(const Animal& animal, std::ostream* out) { *out << animal.name; }

constexpr const char* kAuthor = "this is for the plugin's author to mend";
constexpr const char* kTwo = "remove one of the two";
const Animal kAnimals[] = {
    {"no_symbol", "it exports no dmevent_plugin_entry", "dmevent-plugin.pc"},
    {"wrong_abi", "it was built for plugin ABI 2, this program speaks ABI 1",
     "update dmevent_tool, or rebuild"},
    {"wrong_size", "its descriptor has 8 bytes, at least ", "rebuild the plugin"},
    {"wrong_stride", "its table of event types cannot be read", kAuthor},
    {"missing_dep", "libzoo_absent.so.nowhere: cannot open shared object file", "install what it needs"},
    {"unresolved", "undefined symbol: zoo_nowhere", "install what it needs"},
    {"ctor_throws", "an exception left its constructors: no disk today", kAuthor},
    {"ctor_terminates", "it ended the program by an exception: not so quiet", kAuthor},
    {"ctor_crashes", "it crashed while loading (signal 11, SIGSEGV)", kAuthor},
    {"ctor_loops", "it did not finish loading within 2 s", kAuthor, 2000},
    {"ctor_exits", "it ended the program while loading (exit status 3)", kAuthor},
    {"dtor_crashes", "it crashed while unloading (signal ", kAuthor},
    {"look_crashes", "it crashed in its first calls (signal 11, SIGSEGV)", kAuthor},
    {"look_loops", "it did not finish its first calls within 2.5 s", kAuthor, 2500},
    {"always_throws", "its look failed on a first try: an exception left it: always", kAuthor},
    {"bad_name", "event type 0 is named 'bad_name.Low-Water!', not 'bad_name.' and [a-z0-9_]+", kAuthor},
    {"named_twice", "event type 'named_twice.low' stands twice", kAuthor},
    {"bad_alias", "alias 'low water' is not [A-Za-z0-9_.]+", kAuthor},
    {"ends_nowhere", "event type 'ends_nowhere.low' ends as 'ends_nowhere.recovered', which is no happening",
     kAuthor},
    {"hook_name", "hook 0 is named 'mend', not 'hook_name.' and [a-z0-9_]+", kAuthor},
    {"hook_twice", "hook 'hook_twice.mend' stands twice", kAuthor},
    {"hook_no_plan", "it has hooks but no plan function", kAuthor},
    {"hook_noop", "hook 'hook_noop.mend' does nothing if 'policy is warn', which is not SECTION/KEY=VALUE",
     kAuthor},
    {"hook_unless", "hook 'hook_unless.mend' does nothing unless 'policy', which is no parameter of it",
     kAuthor},
    {"param_name", "parameter 0 of hook 'param_name.mend' is named 'Much'", kAuthor},
    {"param_twice", "parameter 'much' of hook 'param_twice.mend' stands twice", kAuthor},
    {"param_kind", "parameter 'much' of hook 'param_kind.mend' has kind 7", kAuthor},
    {"param_reserved", "parameter 'timeout' of hook 'param_reserved.mend' is reserved", kAuthor},
    {"param_stride", "the table of parameters of hook 'param_stride.mend' cannot be read", kAuthor},
    {"claims_twice", "it claims target type 'claims_twice' twice", kAuthor},
    {"target_taken", "target type 'sound' is claimed by plugin 'sound' (", kTwo},
    {"name_taken", "its name 'sound' is taken by plugin 'sound' (", kTwo},
    {"alias_taken", "the name 'device.added' of an event type is taken by 'device' of this program", kTwo},
};

bool works(const Plugin& plugin) {
    const DeviceId device{"d", "", {253, 0}, {}};
    const auto said = plugin.look(nullptr, {&device, 0, 0, 8, "sound", "", "low"});
    return said.outcome == Said::Outcome::ok && said.conditions.size() == 1 &&
           said.conditions[0].truth == Truth::yes;
}

class Zoo : public testing::TestWithParam<Animal> {};

TEST_P(Zoo, IsRefusedWithItsReasonAndTheOthersGoOn) {
    const auto& animal = GetParam();
    const Cage first, second; // the sound one is found before it, and another one after it
    const auto sound = first.put("sound"), file = second.put(animal.name);
    second.put("striped", "zz_striped");
    Catalogue catalogue;
    const auto loaded =
        load_plugins({{first.path(), second.path()}, std::chrono::milliseconds{animal.trial_ms}}, catalogue);

    ASSERT_EQ(loaded.refused.size(), 1u);
    const auto& error = loaded.refused[0];
    EXPECT_EQ(error.object, file);
    EXPECT_NE(error.why.find(animal.why), std::string::npos) << error.why;
    EXPECT_NE(error.remedy.find(animal.remedy), std::string::npos) << error.remedy;
    EXPECT_TRUE(error.text().starts_with("plugin refused " + file.native() + ": ")) << error.text();
    EXPECT_EQ(error.why.find('\n'), std::string::npos);

    ASSERT_EQ(names(loaded), (std::vector<std::string>{"sound", "striped"}));
    EXPECT_TRUE(works(loaded.plugins[0]));
    EXPECT_EQ(catalogue.families().size(), 3 + 2u);
}

INSTANTIATE_TEST_SUITE_P(All, Zoo, testing::ValuesIn(kAnimals),
                         [](const auto& animal) { return std::string{animal.param.name}; });

TEST(ZooTogether, OnlyTheSoundOnesAreLet) {
    const Cage cage;
    for (const auto& animal : kAnimals)
        if (animal.trial_ms == 5000) cage.put(animal.name);
    const auto whole = bytes_of(cage.put("sound", "a_sound"));
    cage.put("striped");
    cage.write("text.so", "not a library\n");
    cage.write("truncated.so", whole.substr(0, whole.size() / 3));
    auto foreign = whole;
    foreign[offsetof(Elf64_Ehdr, e_machine)] ^= 1;
    cage.write("foreign.so", foreign);
    fs::permissions(cage.put("sound", "writable"), fs::perms{0777});

    Catalogue catalogue;
    const auto loaded = cage.load(catalogue);
    EXPECT_EQ(names(loaded), (std::vector<std::string>{"sound", "striped"}));
    EXPECT_EQ(loaded.refused.size(), std::size(kAnimals) - 2 + 4);
    std::map<std::string, std::string> why;
    for (const auto& error : loaded.refused) why[fs::path{error.object}.filename()] = error.why;
    EXPECT_EQ(why["text.so"], "it is not an ELF file");
    EXPECT_TRUE(why["truncated.so"].starts_with("it is truncated: ")) << why["truncated.so"];
    EXPECT_TRUE(why["foreign.so"].starts_with("it is built for ")) << why["foreign.so"];
    EXPECT_EQ(why["writable.so"], "it is writable by others");
}

TEST(ZooTogether, WhatAPluginPrintsInItsTrialIsHeardNowhere) {
    const Cage cage;
    cage.put("ctor_exits");
    Catalogue catalogue;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto loaded = cage.load(catalogue);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(loaded.refused.size(), 1u);
}

} // namespace
} // namespace dmev
