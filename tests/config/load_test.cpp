// SPDX-License-Identifier: Apache-2.0
// Files as they lie on the disk: order, merging, and who could change them.
#include "config/load.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace dmev {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Load : public testing::Test {
 protected:
    Load() {
        umask(022);
        std::string name = (fs::temp_directory_path() / "config_test.XXXXXX").native();
        directory_ = fs::canonical(mkdtemp(name.data()));
        fs::create_directory(directory_ / "conf.d");
    }
    ~Load() override { fs::remove_all(directory_); }

    fs::path write(const fs::path& name, const std::string& text) const {
        std::ofstream{directory_ / name} << text;
        return directory_ / name;
    }

    Settings load(const fs::path& file = {}) {
        diagnostics_ = {};
        return load_settings({file, directory_}, diagnostics_);
    }

    // The errors, without the path of the directory.
    std::string errors(const fs::path& file = {}) {
        load(file);
        std::string lines;
        for (const auto& error : diagnostics_.errors) {
            auto text = error.text();
            for (auto at = text.find(directory_.native()); at != text.npos;
                 at = text.find(directory_.native()))
                text.replace(at, directory_.native().size(), "DIR");
            lines += text + "\n";
        }
        return lines;
    }

    fs::path directory_;
    Diagnostics diagnostics_;
};

TEST_F(Load, NothingThereIsNoError) {
    fs::remove(directory_ / "conf.d");
    const auto settings = load();
    EXPECT_TRUE(diagnostics_.ok());
    EXPECT_TRUE(settings.files.empty());
    EXPECT_EQ(settings.poll.interval, 10s);
}

TEST_F(Load, FilesComeInTheOrderOfTheirBytes) {
    const auto first =
        write("dmevent_tool.yaml", "version: 1\nmonitor: [a]\npoll: {interval: 1s, fastest: 500ms}\n");
    const auto upper = write("conf.d/Z.yaml", "version: 1\nmonitor: [b]\n");
    const auto ten =
        write("conf.d/10.yaml", "version: 1\nmonitor: [c]\npoll: {interval: 2s}\ndry_run: true\n");
    const auto nine = write("conf.d/9.yaml", "version: 1\nmonitor: [d]\nlimits: {programs: 3}\n");
    write("conf.d/.hidden.yaml", "nonsense");
    write("conf.d/9.yaml~", "nonsense");
    write("conf.d/readme", "nonsense");
    const auto settings = load();
    EXPECT_EQ(errors(), "");
    EXPECT_EQ(settings.files, (std::vector<std::string>{first, ten, nine, upper}));
    std::string monitored;
    for (const auto& word : settings.monitor) monitored += word.text;
    EXPECT_EQ(monitored, "acdb");
    EXPECT_EQ(settings.poll.interval, 2s) << "the later one";
    EXPECT_EQ(settings.poll.fastest, 500ms) << "as it was";
    EXPECT_EQ(settings.limits.programs, 3u);
    EXPECT_TRUE(settings.dry_run);
}

TEST_F(Load, AFileThatIsNamedIsTheOnlyOne) {
    write("dmevent_tool.yaml", "nonsense");
    write("conf.d/a.yaml", "nonsense");
    const auto file = write("mine", "version: 1\ndry_run: true\n");
    EXPECT_TRUE(load(file).dry_run);
    EXPECT_TRUE(diagnostics_.ok());
    EXPECT_EQ(errors(directory_ / "absent"),
              "DIR/absent: the file cannot be read: No such file or directory\n");
    EXPECT_EQ(errors(directory_), "DIR: the file cannot be read: it is a directory; name a YAML file\n");
}

TEST_F(Load, EveryMistakeOfEveryFileIsSaid) {
    write("dmevent_tool.yaml",
          "version: 1\nrules:\n  - {name: r, on: thin, do: page}\nactions:\n  page: {log: a}\n"
          "thresholds: {t: {at: 1}}\nfrob: 1\n");
    write("conf.d/a.yaml", "version: 1\nactions:\n  page: {log: b}\nthresholds: {t: {at: 2}}\n");
    write("conf.d/b.yaml", "rules:\n  - {name: r, on: thin, do: page}\n  - {name: s, on: thin, do: page}\n");
    write("conf.d/c.yaml", "version: 1\nrules:\n  - {name: s, on: thin, do: page}\n");
    const std::string other = "; give it another name, or remove one of them\n";
    EXPECT_EQ(
        errors(),
        "DIR/dmevent_tool.yaml:7:1: unknown key 'frob'; the keys here are version, monitor, ignore, poll, "
        "thresholds, actions, rules, keep, limits, history, dry_run\n"
        "DIR/conf.d/a.yaml:3:3: a second action 'page': the first is at DIR/dmevent_tool.yaml:5:3" +
            other +
            "DIR/conf.d/a.yaml:4:14: a second threshold 't': the first is at DIR/dmevent_tool.yaml:6:14" +
            other +
            "DIR/conf.d/b.yaml:1:1: the file has no 'version'; write 'version: 1' at its top\n"
            "DIR/conf.d/b.yaml:2:12: a second rule 'r': the first is at DIR/dmevent_tool.yaml:3:12" +
            other + "DIR/conf.d/c.yaml:3:12: a second rule 's': the first is at DIR/conf.d/b.yaml:3:12" +
            other);
}

TEST_F(Load, FilesThatOthersCanChangeAreRefused) {
    const auto file = write("conf.d/a.yaml", "version: 1\n");
    fs::permissions(file, fs::perms{0666});
    const std::string remedy = "; make it root's, or the user's that runs this program, and `chmod go-w ";
    EXPECT_EQ(errors(), "DIR/conf.d/a.yaml: the file is not trusted: it is writable by others" + remedy +
                            "DIR/conf.d/a.yaml`\n");
    fs::permissions(file, fs::perms{0664});
    EXPECT_EQ(errors(), "DIR/conf.d/a.yaml: the file is not trusted: it is writable by its group" + remedy +
                            "DIR/conf.d/a.yaml`\n");
    fs::permissions(file, fs::perms{0644});
    EXPECT_EQ(errors(), "");
    fs::permissions(directory_, fs::perms{0777});
    EXPECT_EQ(errors(),
              "DIR/conf.d/a.yaml: the file is not trusted: DIR is writable by others" + remedy + "DIR`\n");
}

TEST_F(Load, ASharedStickyDirectoryIsForNamedFilesOnly) {
    const auto file = write("conf.d/a.yaml", "version: 1\n");
    fs::permissions(directory_ / "conf.d", fs::perms{01777});
    EXPECT_EQ(errors(file), "");
    EXPECT_NE(errors().find("DIR/conf.d is writable by others"), std::string::npos);
}

TEST_F(Load, OthersFilesAreRefused) {
    const auto file = write("conf.d/a.yaml", "version: 1\n");
    const bool given_away = chown(file.c_str(), 12345, 12345) == 0; // as root only
    EXPECT_EQ(errors().find("the file is not trusted: it belongs to user 12345") != std::string::npos,
              given_away);
}

TEST_F(Load, LinksAreFollowedToWhatIsTrusted) {
    fs::create_directory(directory_ / "real");
    fs::create_directory(directory_ / "open");
    const auto file = write("real/a", "version: 1\ndry_run: true\n");
    fs::create_symlink(file, directory_ / "conf.d/a.yaml");
    EXPECT_TRUE(load().dry_run);
    EXPECT_TRUE(diagnostics_.ok());

    fs::permissions(file, fs::perms{0666});
    EXPECT_NE(errors().find("DIR/conf.d/a.yaml: the file is not trusted: DIR/real/a is writable by others"),
              std::string::npos);
    fs::permissions(file, fs::perms{0644});

    // A link on the way, which others could turn to another file of ours.
    fs::remove(directory_ / "conf.d/a.yaml");
    fs::create_symlink(file, directory_ / "open/link");
    fs::create_symlink("../open/link", directory_ / "conf.d/a.yaml");
    EXPECT_EQ(errors(), "");
    fs::permissions(directory_ / "open", fs::perms{0777});
    EXPECT_NE(errors().find("DIR/open is writable by others"), std::string::npos);
    fs::permissions(directory_ / "open", fs::perms{0755});

    fs::remove(directory_ / "open/link");
    EXPECT_EQ(errors(),
              "DIR/conf.d/a.yaml: the file cannot be read DIR/open/link: No such file or directory\n");
    fs::create_symlink("link", directory_ / "open/link");
    EXPECT_NE(errors().find("Too many levels of symbolic links"), std::string::npos);
}

TEST_F(Load, WhatIsNoFileIsRefusedAtOnce) {
    ASSERT_EQ(mkfifo((directory_ / "conf.d/a.yaml").c_str(), 0600), 0);
    fs::create_directory(directory_ / "conf.d/b.yaml");
    fs::create_symlink("/dev/null", directory_ / "conf.d/c.yaml");
    EXPECT_EQ(errors(),
              "DIR/conf.d/a.yaml: the file cannot be read: it is not a regular file; name a YAML file\n"
              "DIR/conf.d/b.yaml: the file cannot be read: it is a directory; name a YAML file\n"
              "DIR/conf.d/c.yaml: the file cannot be read: it is not a regular file; name a YAML file\n");
}

TEST_F(Load, ConfDMustBeADirectory) {
    fs::remove(directory_ / "conf.d");
    write("conf.d", "version: 1\n");
    EXPECT_EQ(errors(), "DIR/conf.d: the directory cannot be read: Not a directory\n");
}

TEST_F(Load, AnEmptyFileIsWarnedOf) {
    write("dmevent_tool.yaml", "# nothing yet\n");
    load();
    EXPECT_TRUE(diagnostics_.ok());
    ASSERT_EQ(diagnostics_.warnings.size(), 1u);
    EXPECT_EQ(diagnostics_.warnings[0].what, "the file says nothing");
}

} // namespace
} // namespace dmev
