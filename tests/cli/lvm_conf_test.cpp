// SPDX-License-Identifier: Apache-2.0
// What LVM says of itself, with scripts in its place.
#include "cli/lvm_conf.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/load.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

class LvmConf : public testing::Test {
 protected:
    LvmConf() {
        char name[] = "/tmp/lvm_conf_test.XXXXXX";
        directory_ = mkdtemp(name);
        Family raid;
        raid.name = "raid";
        EventType type;
        type.name = "raid.failed";
        raid.types = {type};
        raid.hooks = {{"raid.repair", "", {}, "activation/policy=warn", ""},
                      {"raid.other", "", {}, "activation/another=warn", ""}};
        catalogue_.add(raid);
    }
    ~LvmConf() override { std::filesystem::remove_all(directory_); }

    std::string lvm(const std::string& script) const {
        const auto path = directory_ + "/lvm";
        std::ofstream{path} << "#!/bin/sh\n" << script << "\n";
        chmod(path.c_str(), 0700);
        return path;
    }
    Strings lines(const std::string& script, Millis patience) const {
        Settings settings;
        Diagnostics diagnostics;
        read_settings(
            "version: 1\nrules:\n  - {name: a, on: raid, do: [{log: x}, raid.repair, raid.other]}\n",
            "f.yaml", settings, diagnostics);
        const auto rules = compile(settings, catalogue_, diagnostics);
        for (const auto& error : diagnostics.errors) ADD_FAILURE() << error.text();
        return without_effect(rules, catalogue_, lvm(script).c_str(), patience);
    }

    std::string directory_;
    Catalogue catalogue_;
};

TEST_F(LvmConf, WarnsWhereTheStepStands) {
    EXPECT_EQ(lines("test $4 = activation/policy && echo 'policy=\"warn\"'", 60s),
              (Strings{"f.yaml:3:40: rule 'a': raid.repair does nothing, since lvm.conf has "
                       "activation/policy=warn; set it otherwise"}));
    EXPECT_EQ(lines("echo 'policy=\"allocate\"'", 60s), Strings{});
    EXPECT_EQ(lines("echo 'policy=\"warn\"'; exit 5", 60s), Strings{});
}

TEST_F(LvmConf, DoesNotWaitForOneThatHangs) {
    const auto start = std::chrono::steady_clock::now();
    const auto said = lines("exec sleep 60", 100ms);
    EXPECT_FALSE(ask_lvm(lvm("echo x=5; exec sleep 60 >&-").c_str(), "x", 100ms).answered);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
    ASSERT_EQ(said.size(), 1u) << "it is asked once";
    EXPECT_NE(said[0].find("/lvm did not answer within 100ms"), std::string::npos) << said[0];
}

TEST_F(LvmConf, OneThatIsNotThereSaysNothing) {
    const auto said = ask_lvm((directory_ + "/none").c_str(), "x", 60s);
    EXPECT_TRUE(said.answered);
    EXPECT_FALSE(said.value);
}

} // namespace
} // namespace dmev
