// SPDX-License-Identifier: Apache-2.0
#include "process/program_files.hpp"

#include <fstream>

#include "fixture.hpp"
#include "process/program_kind.hpp"

namespace dmev {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
    std::string make(const std::string& name, const std::string& text = "x", int mode = 0755) {
        const auto path = dir / name;
        fs::create_directories(fs::path{path}.parent_path());
        std::ofstream{path} << text;
        chmod(path.c_str(), static_cast<mode_t>(mode));
        return path;
    }
    void link(const std::string& target, const std::string& name) {
        fs::create_directories(fs::path{dir / name}.parent_path());
        fs::create_symlink(target, dir / name);
    }
    static Result<Trail> trusted(const std::string& path) { return follow(path, geteuid()); }
    // What PATH is refused for.
    static std::string fault(const std::string& path) {
        const auto files = program_files(path, geteuid());
        if (files) return "";
        EXPECT_EQ(files.error().kind, ErrorKind::not_permitted) << files.error().text();
        EXPECT_NE(files.error().remedy.find("chmod go-w "), std::string::npos);
        return files.error().why;
    }
    TempDir dir;
};

TEST_F(Files, ALinkIsFollowedAsTheKernelDoes) {
    const auto file = make("a/b/file");
    link("../b/./file", "a/c/relative");
    link(dir / "a/c/relative", "absolute");
    link("a", "directory");
    for (const char* name : {"a/b/file", "a/c/relative", "absolute", "directory/b/../c//relative"}) {
        const auto trail = trusted(dir / name);
        ASSERT_TRUE(trail) << trail.error().text();
        EXPECT_EQ(trail->path, file) << name;
        EXPECT_GT(trail->way.size(), 3U);
    }
    EXPECT_EQ(follow("/../../" + file, std::nullopt)->path, file);
}

TEST_F(Files, WhatLeadsNowhereIsNamed) {
    make("file");
    link("loop", "loop");
    link("nowhere", "dangling");
    fs::create_directory(dir / "directory");
    ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0700), 0);
    const std::pair<const char*, const char*> cases[] = {
        {"nowhere", "No such file"},      {"dangling", "No such file"},    {"loop", "Too many levels"},
        {"file/more", "Not a directory"}, {"directory", "Is a directory"}, {"fifo", "it is no file"}};
    for (const auto& [name, why] : cases) {
        const auto trail = trusted(dir / name);
        ASSERT_FALSE(trail) << name;
        EXPECT_EQ(trail.error().kind, ErrorKind::failed);
        EXPECT_NE(trail.error().text().find(why), std::string::npos) << trail.error().text();
    }
    EXPECT_FALSE(follow("relative", std::nullopt));
}

TEST_F(Files, OnlyWhatNobodyElseCouldWriteIsTrusted) {
    const auto file = make("a/b/file");
    EXPECT_EQ(fault(file), "");
    chmod(file.c_str(), 0775);
    EXPECT_EQ(fault(file), file + " is writable by its group");
    chmod(file.c_str(), 0757);
    EXPECT_EQ(fault(file), file + " is writable by others");
    chmod(file.c_str(), 0755);
    chmod((dir / "a").c_str(), 0777);
    EXPECT_EQ(fault(file), (dir / "a") + " is writable by others");
    chmod((dir / "a").c_str(), 01777);
    EXPECT_EQ(fault(file), "") << "there nobody can replace what is another's";
    EXPECT_TRUE(follow(file, std::nullopt));
}

TEST_F(Files, ALinkAndItsPlaceCountToo) {
    make("good/file");
    link("../good/file", "bad/link");
    link("bad/link", "first");
    EXPECT_EQ(fault(dir / "first"), "");
    chmod((dir / "bad").c_str(), 0777);
    EXPECT_EQ(fault(dir / "first"), (dir / "bad") + " is writable by others");
    chmod((dir / "bad").c_str(), 01777);
    EXPECT_EQ(fault(dir / "first"), "");
    if (geteuid() != 0) return; // nothing can be given away
    ASSERT_EQ(lchown((dir / "bad/link").c_str(), 65534, 65534), 0);
    EXPECT_EQ(fault(dir / "first"), (dir / "bad/link") + " belongs to user 65534");
    EXPECT_TRUE(program_files(dir / "first", 65534)) << "who runs as that user trusts itself";
}

TEST_F(Files, WhoInterpretsAScriptIsLookedAt) {
    fs::copy_file("/bin/true", dir / "true");
    make("one", "#!" + (dir / "true") + " -x\n");
    const auto script = make("two", "#! \t" + (dir / "one") + "\n");
    const auto program = program_files(script, geteuid());
    ASSERT_TRUE(program) << program.error().text();
    std::vector<std::string> paths;
    for (const auto& trail : program->files) paths.push_back(trail.path);
    ASSERT_EQ(paths.size(), 4U); // and the loader
    EXPECT_EQ((std::vector<std::string>{paths.begin(), paths.begin() + 3}),
              (std::vector<std::string>{script, dir / "one", dir / "true"}));
    EXPECT_EQ(program->loaded, dir / "true");
    chmod((dir / "true").c_str(), 0777);
    EXPECT_EQ(fault(script), (dir / "true") + " is writable by others");
    make("endless", "#!" + (dir / "endless") + "\n");
    EXPECT_NE(program_files(dir / "endless", std::nullopt).error().text().find("Too many levels"),
              std::string::npos);
}

TEST_F(Files, WhoMayExecuteGoesByModes) {
    const auto file = make("a/file");
    const Identity root{0, 0, {}}, other{12345, 12345, {}}, group{12345, 12345, {getegid()}};
    const auto why = [&](const Identity& who) {
        return cannot_execute(*program_files(file, std::nullopt), who);
    };
    chmod(dir.path().c_str(), 0711);
    EXPECT_EQ(why(root) + why(other), "");
    chmod(file.c_str(), 0644);
    EXPECT_EQ(why(root), file + " may not be executed");
    chmod(file.c_str(), 0750);
    EXPECT_EQ(why(group), "");
    EXPECT_EQ(why(other), file + " may not be executed");
    chmod(file.c_str(), 0755);
    chmod((dir / "a").c_str(), 0700);
    EXPECT_EQ(why(other), "a directory on its way may not be entered");
    EXPECT_EQ(why(root), "");
}

TEST_F(Files, TheLoaderTellsWhatItWouldLoad) {
    const auto program = program_files("/bin/true", std::nullopt);
    ASSERT_TRUE(program);
    ASSERT_NE(program->loader, "");
    const auto list = libraries(program->loader, program->loaded);
    ASSERT_TRUE(list) << list.error().text();
    EXPECT_TRUE(std::any_of(list->begin(), list->end(), [](const auto& path) {
        return path.starts_with('/') && path.find("libc") != path.npos && fs::exists(path);
    }));
    EXPECT_FALSE(libraries(program->loader, make("text")));
    EXPECT_FALSE(libraries(dir / "no-loader", "/bin/true"));
}

TEST(ProgramKind, OfScriptsAndOfWhatIsNone) {
    using namespace std::string_literals;
    EXPECT_EQ(kind_of_bytes("#!/bin/sh\nx").interpreter, "/bin/sh");
    EXPECT_EQ(kind_of_bytes("#! /usr/bin/env python3\n").interpreter, "/usr/bin/env");
    EXPECT_EQ(kind_of_bytes("#!bin/sh").interpreter, "/bin/sh") << "programs start in the root";
    EXPECT_EQ(kind_of_bytes("#!/a\0b\n"s).interpreter, "/a");
    for (const auto& nothing : {""s, "#"s, "#!"s, "#! \t"s, "#!\n/bin/sh"s, "echo"s, "\x7f"s + "ELF"s})
        EXPECT_EQ(kind_of_bytes(nothing).interpreter, "") << nothing;
}

TEST(ProgramKind, OfCutAndBrokenElfFiles) {
    std::ifstream in{"/bin/true", std::ios::binary};
    std::string whole(4096, '\0');
    in.read(whole.data(), 4096);
    const auto loader = kind_of_bytes(whole);
    ASSERT_TRUE(loader.loader);
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const auto cut = kind_of_bytes(std::string_view{whole}.substr(0, n)).interpreter;
        EXPECT_TRUE(loader.interpreter.starts_with(cut)) << n;
    }
    for (std::size_t n = 0; n < 1024; ++n) { // no crash, whatever stands there
        auto bytes = whole;
        bytes[n] = '\xff';
        EXPECT_LE(kind_of_bytes(bytes).interpreter.size(), bytes.size());
    }
}

TEST_F(Files, AProgramThatOthersCouldHaveWrittenIsNotRun) {
    Dispatcher dispatcher;
    const auto script = make("a/script", "#!/bin/sh\ntouch \"$1\"\n");
    EXPECT_EQ(dispatcher.end_of(run({script, dir / "ran"})).status, 0);
    EXPECT_TRUE(fs::remove(dir / "ran"));
    chmod((dir / "a").c_str(), 0777);
    const auto ended = dispatcher.end_of(run({script, dir / "ran"}));
    EXPECT_EQ(ended.how, Ended::How::refused);
    EXPECT_TRUE(ended.why.starts_with((dir / "a") + " is writable by others; ")) << ended.why;
    EXPECT_NE(ended.why.find("chmod go-w " + (dir / "a")), std::string::npos);
    EXPECT_FALSE(fs::exists(dir / "ran"));
}

} // namespace
} // namespace dmev
