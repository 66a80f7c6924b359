// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <gtest/gtest.h>

namespace dmev {
namespace {

Result<Options> parse(std::vector<std::string> words) {
    words.insert(words.begin(), "dmevent_tool");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return parse_options(static_cast<int>(words.size()), argv.data());
}

using Words = std::vector<std::string>;

TEST(Options, ManualsOptionsShortAndLong) {
    const Words lines[] = {
        {"-f", "-d", "-p", "/p", "-i", "U", "-a", "-j", "-o", "-v"},
        {"--foreground", "--debug", "--pidfile", "/p", "--ignore", "U", "--all", "--json", "--once",
         "--verbose"},
        {"--foreground", "--debug", "--pidfile=/p", "--ignore=U", "--all", "--json", "--once", "--verbose"},
        {"-fdajov", "-p/p", "-iU"},
        {"--fore", "--deb", "--pid", "/p", "--ign", "U", "--al", "--js", "--on", "--verb"},
    };
    for (const auto& line : lines) {
        const auto o = parse(line);
        ASSERT_TRUE(o) << line[0] << ": " << o.error().text();
        EXPECT_EQ(o->mode, Mode::monitor);
        EXPECT_TRUE(o->foreground && o->debug && o->all && o->json && o->once) << line[0];
        EXPECT_EQ(o->verbosity, 1);
        EXPECT_EQ(o->pidfile, "/p");
        EXPECT_EQ(o->ignore, Words{"U"});
        EXPECT_TRUE(o->types.empty());
    }
}

TEST(Options, NothingIsSetByDefault) {
    const auto o = parse({});
    ASSERT_TRUE(o);
    EXPECT_EQ(o->mode, Mode::monitor);
    EXPECT_FALSE(o->foreground || o->debug || o->all || o->json || o->once);
    EXPECT_TRUE(o->pidfile.empty() && o->record.empty() && o->plugin_dirs.empty());
}

TEST(Options, OperandsStandAnywhereAndKeepTheirOrder) {
    for (const auto& line : {Words{"-fjv", "thin", "raid"}, Words{"thin", "-fj", "raid", "-v"},
                             Words{"-fjv", "--", "thin", "raid"}, Words{"thin", "-fjv", "--", "raid"}}) {
        const auto o = parse(line);
        ASSERT_TRUE(o);
        EXPECT_EQ(o->types, (Words{"thin", "raid"}));
        EXPECT_TRUE(o->foreground && o->json && o->verbosity == 1);
    }
    setenv("POSIXLY_CORRECT", "1", 1);
    const auto o = parse({"thin", "-f"});
    unsetenv("POSIXLY_CORRECT");
    ASSERT_TRUE(o);
    EXPECT_TRUE(o->foreground);
}

TEST(Options, WhatFollowsTwoDashesIsNoOption) {
    const auto o = parse({"--", "-f"});
    ASSERT_TRUE(o);
    EXPECT_FALSE(o->foreground);
    EXPECT_EQ(o->types, Words{"-f"});
}

TEST(Options, RepeatedOnesAddUp) {
    const auto o = parse({"-a", "-i", "A", "-i", "B", "-vvv", "--plugin-dir", "/x", "--plugin-dir=/y"});
    ASSERT_TRUE(o);
    EXPECT_EQ(o->ignore, (Words{"A", "B"}));
    EXPECT_EQ(o->verbosity, 3);
    ASSERT_EQ(o->plugin_dirs.size(), 2U);
    EXPECT_EQ(o->plugin_dirs[1], "/y");
}

TEST(Options, WhatQueryShowsOfThePast) {
    const auto o = parse({"-q", "--since", "2026-01-31T10:15:00Z", "--until=2026-01-31T11:15:00Z", "--device",
                          "vg*", "--device", "x", "--severity", "error", "--last", "7", "--history", "/h"});
    ASSERT_TRUE(o) << o.error().text();
    EXPECT_EQ(*o->past.until - *o->past.since, std::chrono::hours{1});
    EXPECT_EQ(o->devices, (Words{"vg*", "x"}));
    EXPECT_EQ(o->past.least, Severity::error);
    EXPECT_EQ(o->past.last, 7U);
    EXPECT_TRUE(o->past.asked);
    EXPECT_EQ(o->history, "/h");
    EXPECT_EQ(parse({"-q", "--last", "all"})->past.last, Options::kEverything);
    EXPECT_FALSE(parse({"-q", "--device", "x"})->past.asked);
    EXPECT_TRUE(parse({"-q", "--no-history"})->no_history);
    EXPECT_TRUE(parse({"-fa", "--history", "/h"}));
    for (const auto& wrong :
         {Words{"-fa", "--since", "1h"}, Words{"--replay", "x", "--history", "/h"},
          Words{"-q", "--last", "1x"}, Words{"-q", "--last", "4294967296"},
          Words{"-q", "--severity", "Error"}, Words{"-q", "--until", "soon"},
          Words{"--no-history", "--history", "/h"}, Words{"-q", "--since", "1h", "--until", "2h"}}) {
        const auto r = parse(wrong);
        ASSERT_FALSE(r) << wrong[1];
        EXPECT_EQ(r.error().kind, ErrorKind::usage);
        EXPECT_FALSE(r.error().remedy.empty());
    }
}

TEST(Options, ModeOptionsChooseTheMode) {
    const std::pair<Words, Mode> table[] = {
        {{"-q"}, Mode::query},        {{"--query", "-j", "thin"}, Mode::query},
        {{"-qq"}, Mode::query},       {{"-l"}, Mode::list_events},
        {{"-lj"}, Mode::list_events}, {{"--replay", "-"}, Mode::replay},
        {{"-h"}, Mode::help},         {{"--help"}, Mode::help},
        {{"-V"}, Mode::version},      {{"--version"}, Mode::version},
    };
    for (const auto& [line, mode] : table) {
        const auto o = parse(line);
        ASSERT_TRUE(o) << line[0] << ": " << o.error().text();
        EXPECT_EQ(o->mode, mode) << line[0];
    }
    EXPECT_EQ(parse({"--replay", "f"})->replay, "f");
    EXPECT_EQ(parse({"-o", "-q", "--help"})->mode, Mode::help)
        << "help is given even where options do not fit";
}

TEST(Options, HelpIsGivenWhateverElseStandsOnTheLine) {
    const std::pair<Words, Mode> table[] = {
        {{"-q", "-l", "-h"}, Mode::help},   {{"-h", "-q", "-l"}, Mode::help},
        {{"-x", "--help"}, Mode::help},     {{"-h", "--qurey"}, Mode::help},
        {{"-h", "-p"}, Mode::help},         {{"-i", "", "-V"}, Mode::version},
        {{"--json=yes", "-h"}, Mode::help}, {{"-Vh"}, Mode::version},
        {{"-h", "--version"}, Mode::help},  {{"-l", "thin", "-h"}, Mode::help},
    };
    for (const auto& [line, mode] : table) {
        const auto o = parse(line);
        ASSERT_TRUE(o) << line[0] << ": " << o.error().text();
        EXPECT_EQ(o->mode, mode) << line[0];
        EXPECT_FALSE(o->json) << line[0];
    }
    for (const Words& line :
         {Words{"-jh"}, {"-hj"}, {"-h", "-j"}, {"-Vj"}, {"-V", "thin", "--json"}, {"-hxj"}}) {
        const auto o = parse(line);
        ASSERT_TRUE(o) << line[0];
        EXPECT_TRUE(o->json) << line[0];
    }
    EXPECT_FALSE(parse({"--", "-h"})->mode == Mode::help) << "an operand";
}

TEST(Options, EveryMistakeIsAUsageErrorThatSaysWhatIsRight) {
    const std::pair<Words, Words> table[] = {
        {{"--qurey"}, {"unknown option '--qurey'", "did you mean --query?", "--help"}},
        {{"--jsn=1"}, {"unknown option '--jsn'", "--json"}},
        {{"--xyzzyxyzzy"}, {"unknown option '--xyzzyxyzzy'", "--help"}},
        {{"-x"}, {"unknown option '-x'", "--help"}},
        {{"-fx"}, {"unknown option '-x'"}},
        {{"-json"}, {"unknown option '-json'", "did you mean --json?"}},
        {{"--re", "f"}, {"option '--re'", "--replay", "--record"}},
        {{"--json=yes"}, {"--json", "takes no value"}},
        {{"-p"}, {"--pidfile", "needs a value"}},
        {{"-a", "--ignore"}, {"--ignore", "needs a value"}},
        {{"-i", ""}, {"--ignore", "its UUID is empty"}},
        {{"--record="}, {"--record", "its FILE is empty"}},
        {{"--record", "-", "-a"}, {"--record", "name a file"}},
        {{"-ql"}, {"only one of --query, --list-events, --check-config, --replay, --launcher and --historian"}},
        {{"--replay", "f", "-q"}, {"only one of"}},
        {{"-qo"}, {"--once", "has no meaning with --query"}},
        {{"-q", "--record", "f"}, {"--record", "has no meaning with --query"}},
        {{"--replay", "f", "--record", "g"}, {"--record", "has no meaning with --replay"}},
        {{"-lp", "/p"}, {"--pidfile", "has no meaning with --list-events"}},
        {{"-l", "thin"}, {"unexpected operand 'thin'"}},
        {{"-\x1b"}, {"'-\\x1b'"}},
    };
    for (const auto& [line, parts] : table) {
        const auto o = parse(line);
        ASSERT_FALSE(o) << line[0];
        EXPECT_EQ(o.error().kind, ErrorKind::usage);
        EXPECT_EQ(exit_status(o.error().kind), 2);
        for (const auto& part : parts)
            EXPECT_NE(o.error().text().find(part), std::string::npos)
                << o.error().text() << "\n  lacks: " << part;
    }
}

TEST(Options, HelpNamesEveryOption) {
    const auto help = help_text();
    for (const auto& name : long_options()) EXPECT_NE(help.find("--" + name), std::string::npos) << name;
    std::size_t longest = 0, start = 0;
    for (std::size_t end; (end = help.find('\n', start)) != std::string::npos; start = end + 1)
        longest = std::max(longest, end - start);
    EXPECT_LE(longest, 100U);
}

TEST(Options, ALauncherOfItsOwnAndWhoAsksIt) {
    const auto launcher = parse({"--launcher", "--run-dir", "/r"});
    ASSERT_TRUE(launcher);
    EXPECT_EQ(launcher->mode, Mode::launcher);
    EXPECT_EQ(launcher->run_dir, "/r");
    const auto watcher = parse({"-fa", "--launcher-socket", "/r/s"});
    ASSERT_TRUE(watcher);
    EXPECT_EQ(watcher->mode, Mode::monitor);
    EXPECT_EQ(watcher->launcher_socket, "/r/s");
    for (const auto& line :
         {Words{"--launcher", "thin"}, Words{"--launcher", "-q"}, Words{"--launcher", "-a"},
          Words{"--launcher", "--launcher-socket", "/r/s"},
          Words{"--replay", "f", "--launcher-socket", "/r/s"}, Words{"--launcher-socket", ""}}) {
        const auto wrong = parse(line);
        ASSERT_FALSE(wrong) << line[0];
        EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
    }
}

} // namespace
} // namespace dmev
