// SPDX-License-Identifier: Apache-2.0
// A plugin that ends the program is named to the next one and not called there; whoever is killed blames
// nobody. Each end is played by a child process.
#include "plugin/marker.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "base/fd.hpp"
#include "zoo.hpp"

namespace dmev {
namespace {

const DeviceId kDevice{"po\"ol\n1", "", {253, 0}, {}};

TargetView at(std::string_view status) { return {&kDevice, 0, 0, 8, "ends", "", status}; }

// How a child ends that does ACT.
int status_of(const std::function<void()>& act, const std::function<void(pid_t)>& meanwhile = {}) {
    const pid_t child = fork();
    if (child == 0) {
        const rlimit none{0, 0};
        setrlimit(RLIMIT_CORE, &none);
        freopen("/dev/null", "w", stderr); // what a runtime has to say of it
        act();
        _exit(0);
    }
    if (meanwhile) meanwhile(child);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

class Marker : public testing::Test {
 protected:
    Marker() {
        file_ = cage_.put("ends");
        cage_.put("sound");
    }
    // What the next program makes of the plugin.
    std::string set_aside() const {
        auto plugins = load();
        auto marker = PluginMarker::open(run_.path());
        if (!marker) return marker.error().text();
        marker->attend(plugins);
        EXPECT_EQ(plugins.at(1).conduct().set_aside(), ""); // the sound one
        return plugins.at(0).conduct().set_aside();
    }
    // A program that watches, as far as plugins are concerned.
    void call(const std::string& status, bool marked = true) const {
        auto plugins = load();
        if (marked) PluginMarker::open(run_.path())->attend(plugins);
        plugins.at(0).look(nullptr, at("calm"));
        plugins.at(0).look(nullptr, at(status));
    }
    void expect_named(const std::string& status, const std::string& how) const {
        const int as_it_would = status_of([&] { call(status, false); });
        EXPECT_EQ(status_of([&] { call(status); }), as_it_would) << status;
        EXPECT_NE(as_it_would, 0);
        const auto why = set_aside();
        EXPECT_TRUE(why.starts_with("it is set aside: " + how + " in look() of ends on po\"ol\n1 at 20"))
            << status << ": " << why;
        EXPECT_NE(why.find(run_.path().native() + "/plugin.mark"), std::string::npos) << why;
        const std::vector<std::string> loaded{load()[0].family().name, load()[1].family().name};
        EXPECT_EQ(loaded, (std::vector<std::string>{"ends", "sound"})); // their words stay known
    }
    std::vector<Plugin> load() const {
        Catalogue catalogue;
        return std::move(cage_.load(catalogue).plugins);
    }
    std::vector<std::string> mark() const {
        std::ifstream in{run_.path() / "plugin.mark"};
        std::vector<std::string> lines;
        for (std::string line; std::getline(in, line);) lines.push_back(line);
        return lines;
    }
    fs::path mark_file() const { return run_.path() / "plugin.mark"; }

    Cage cage_, run_;
    fs::path file_;
};

TEST_F(Marker, NamesWhoSegfaulted) { expect_named("segfaults", "it crashed (SIGSEGV)"); }
TEST_F(Marker, NamesWhoUsedUpTheStack) { expect_named("recurses", "it crashed (SIGSEGV)"); }
TEST_F(Marker, NamesWhoAborted) { expect_named("aborts", "it crashed (SIGABRT)"); }
TEST_F(Marker, NamesWhoDivided) { expect_named("divides", "it crashed (SIGFPE)"); }
TEST_F(Marker, NamesWhoMisread) { expect_named("misreads", "it crashed (SIGBUS)"); }
TEST_F(Marker, NamesWhoTrapped) { expect_named("traps", "it crashed (SIGILL)"); }
TEST_F(Marker, NamesWhoThrewWhereNoneMay) { expect_named("terminates", "it crashed (SIGABRT)"); }
TEST_F(Marker, NamesWhoUsedUpDescriptors) { expect_named("starves", "it crashed (SIGABRT)"); }
TEST_F(Marker, NamesWhoExited) { expect_named("exits", "it ended the program"); }

TEST_F(Marker, BlamesTheLoopThatASupervisorEndsButNotOneThatIsKilled) {
    for (const int signal : {SIGKILL, SIGABRT}) {
        int ends[2];
        ASSERT_EQ(pipe(ends), 0);
        const Fd told{ends[0]}, tells{ends[1]};
        status_of([&] { call("loops " + std::to_string(tells.get())); },
                  [&](pid_t child) {
                      char byte = 0;
                      EXPECT_EQ(read(told.get(), &byte, 1), 1); // it is in the call
                      kill(child, signal);
                  });
        const auto why = set_aside();
        if (signal == SIGKILL)
            EXPECT_EQ(why, "");
        else
            EXPECT_TRUE(why.starts_with("it is set aside: it crashed (SIGABRT) in look()")) << why;
    }
}

TEST_F(Marker, BlamesNobodyBetweenCalls) {
    status_of([&] {
        call("low");
        std::abort();
    });
    EXPECT_EQ(set_aside(), "");
}

TEST_F(Marker, KnowsNothingOfAnEndAtOnce) { // the limit: _exit() asks nobody
    EXPECT_EQ(WEXITSTATUS(status_of([&] { call("exits_at_once"); })), 4);
    EXPECT_EQ(set_aside(), "");
}

TEST_F(Marker, CallsAnotherFileOfTheSameName) {
    status_of([&] { call("aborts"); });
    ASSERT_NE(set_aside(), "");
    fs::last_write_time(file_, fs::last_write_time(file_) + std::chrono::seconds{1});
    EXPECT_EQ(set_aside(), "");
}

TEST_F(Marker, ForgetsWhenAsked) {
    status_of([&] { call("aborts"); });
    {
        const auto marker = PluginMarker::open(run_.path());
        ASSERT_TRUE(marker);
        ASSERT_TRUE(marker->forget());
    }
    EXPECT_EQ(set_aside(), "");
    status_of([&] { call("segfaults"); });
    ASSERT_EQ(mark().size(), 1u);
    fs::remove(mark_file()); // or by hand
    EXPECT_EQ(set_aside(), "");
}

TEST_F(Marker, TellsTheLastOfSeveralCrashes) {
    status_of([&] { call("aborts"); });
    status_of([&] { // brought back by a reload
        auto plugins = load();
        PluginMarker::open(run_.path())->attend(plugins);
        plugins.at(0).conduct().bring_back();
        plugins.at(0).look(nullptr, at("segfaults"));
    });
    EXPECT_EQ(mark().size(), 2u);
    EXPECT_TRUE(set_aside().starts_with("it is set aside: it crashed (SIGSEGV)"));
}

TEST_F(Marker, BearsWhateverStandsInTheFile) {
    status_of([&] { call("aborts"); });
    const auto line = mark().at(0);
    const auto cut = line.substr(0, line.find(",\"end\"") + 3);
    run_.write("plugin.mark", "\n{}\nrubbish \xff\n" + cut + "\n" + std::string(2u << 20, 'x'));
    EXPECT_TRUE(set_aside().starts_with("it is set aside: it crashed (")) << set_aside();
    fs::permissions(mark_file(), fs::perms{0666});
    EXPECT_NE(set_aside().find("it is writable by others; "), std::string::npos) << set_aside();
    fs::remove(mark_file());
    fs::create_symlink("/dev/zero", mark_file());
    EXPECT_NE(set_aside().find("cannot read which plugins crashed"), std::string::npos) << set_aside();
}

} // namespace
} // namespace dmev
