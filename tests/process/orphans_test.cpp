// SPDX-License-Identifier: Apache-2.0
// A dispatcher dies while its programs run; a successor finds them.

#include <fstream>

#include "fixture.hpp"

namespace dmev {
namespace {

using How = Ended::How;

class Orphans : public ::testing::Test {
 protected:
    // Has a dispatcher in a process of its own start a program that waits at the gate.
    void start() {
        int ready[2];
        ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
        dispatcher_ = fork();
        if (dispatcher_ == 0) {
            Dispatcher dispatcher{run_dir()};
            auto program = shell("echo $PPID $$ >\"$1\"; read x <\"$2\"; echo out; exit 7",
                                 {told_.path(), gate_.path()});
            program.interruptible = false;
            program.note = "{\"lock\":\"vg:a\"}";
            if (!dispatcher.programs->start("orphan", program)) _exit(1);
            close(ready[1]);
            (void)dispatcher.loop.run();
            _exit(2);
        }
        close(ready[1]);
        char nothing;
        EXPECT_EQ(read(ready[0], &nothing, 1), 0);
        close(ready[0]);
        const auto pids = numbers(told_.read_line());
        ASSERT_EQ(pids.size(), 2u);
        shepherd_ = pids[0];
        program_ = pids[1];
    }
    void kill_dispatcher() {
        kill(dispatcher_, SIGKILL);
        EXPECT_EQ(waitpid(dispatcher_, nullptr, 0), dispatcher_);
    }
    void open_gate() { gate_.write_line(); }
    void wait_for_shepherd() {
        const auto pidfd = pidfd_of(shepherd_);
        open_gate();
        EXPECT_TRUE(ends(pidfd));
    }
    std::string run_dir() const { return dir_ / "run"; }
    std::string jobs() const { return run_dir() + "/jobs"; }
    bool kept(const std::string& name) const { return std::filesystem::exists(jobs() + "/" + name); }

    TempDir dir_;
    Fifo told_{dir_ / "told"}, gate_{dir_ / "gate"};
    pid_t dispatcher_ = 0, shepherd_ = 0, program_ = 0;
    std::string warned_;
};

void expect_end(const Ended& ended) {
    EXPECT_EQ(ended.how, How::exited);
    EXPECT_EQ(ended.status, 7);
    EXPECT_EQ(ended.output, "out\n");
}

TEST_F(Orphans, ARunningOneIsAdoptedAndItsEndReported) {
    start();
    EXPECT_TRUE(kept("orphan.job"));
    struct stat st {};
    ASSERT_EQ(stat(jobs().c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0700u);
    kill_dispatcher();
    EXPECT_TRUE(is_there(program_));
    Dispatcher successor{run_dir()};
    const auto found = successor.programs->adopt();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].id, "orphan");
    EXPECT_EQ(found[0].note, "{\"lock\":\"vg:a\"}");
    EXPECT_TRUE(found[0].running);
    EXPECT_FALSE(successor.programs->start("orphan", shell("exit 0"))) << "its id is in use";
    EXPECT_TRUE(successor.loop.step(milliseconds{50}));
    EXPECT_TRUE(successor.ended.empty());
    open_gate();
    expect_end(successor.end_of("orphan"));
    EXPECT_TRUE(std::filesystem::is_empty(jobs()));
}

TEST_F(Orphans, AZombieDispatcherHoldsNothing) {
    start();
    kill(dispatcher_, SIGKILL);
    siginfo_t info;
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(dispatcher_), &info, WEXITED | WNOWAIT), 0);
    Dispatcher successor{run_dir()};
    EXPECT_EQ(successor.programs->adopt().size(), 1u);
    open_gate();
    expect_end(successor.end_of("orphan"));
    EXPECT_EQ(waitpid(dispatcher_, nullptr, 0), dispatcher_);
}

TEST_F(Orphans, OneThatEndedMeanwhileIsReported) {
    start();
    kill_dispatcher();
    wait_for_shepherd();
    EXPECT_TRUE(kept("orphan.ended"));
    Dispatcher successor{run_dir()};
    const auto found = successor.programs->adopt();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_FALSE(found[0].running);
    expect_end(successor.end_of("orphan"));
    EXPECT_TRUE(std::filesystem::is_empty(jobs()));
}

TEST_F(Orphans, OneWhoseShepherdDiedIsLost) {
    start();
    kill_dispatcher();
    const auto pidfd = pidfd_of(shepherd_);
    kill(shepherd_, SIGKILL);
    ASSERT_TRUE(ends(pidfd));
    Dispatcher successor{run_dir()};
    ASSERT_EQ(successor.programs->adopt().size(), 1u);
    EXPECT_EQ(successor.end_of("orphan").how, How::lost);
    EXPECT_TRUE(std::filesystem::is_empty(jobs()));
    kill(program_, SIGKILL);
}

TEST_F(Orphans, OneWhoseShepherdDiesLaterIsLostToo) {
    start();
    kill_dispatcher();
    Dispatcher successor{run_dir()};
    ASSERT_EQ(successor.programs->adopt().size(), 1u);
    EXPECT_TRUE(successor.loop.step(milliseconds{50}));
    kill(shepherd_, SIGKILL);
    EXPECT_EQ(successor.end_of("orphan").how, How::lost);
    kill(program_, SIGKILL);
}

TEST_F(Orphans, AJobWhoseDispatcherLivesIsNotTaken) {
    start();
    Dispatcher other{run_dir()};
    EXPECT_TRUE(other.programs->adopt().empty());
    EXPECT_TRUE(kept("orphan.job"));
    wait_for_shepherd(); // the dispatcher that takes its end removes the files
    kill_dispatcher();
}

TEST_F(Orphans, OnlyOneSuccessorTakesIt) {
    start();
    kill_dispatcher();
    {
        Dispatcher first{run_dir()}, second{run_dir()};
        ASSERT_EQ(first.programs->adopt().size(), 1u);
        EXPECT_TRUE(second.programs->adopt().empty());
    }
    // It died as well: the next one may.
    Dispatcher third{run_dir()};
    ASSERT_EQ(third.programs->adopt().size(), 1u);
    open_gate();
    expect_end(third.end_of("orphan"));
}

TEST_F(Orphans, ADispatcherThatStopsLeavesItsProgramsAtOnce) {
    Fd shepherd;
    auto begin = Loop::Clock::now();
    {
        Dispatcher dispatcher{run_dir()};
        auto program = shell("echo $PPID $$ >\"$1\"; read x <\"$2\"", {told_.path(), gate_.path()});
        ASSERT_TRUE(dispatcher.programs->start("left", program));
        const auto pids = numbers(told_.read_line());
        ASSERT_EQ(pids.size(), 2u);
        shepherd = pidfd_of(pids[0]);
        program_ = pids[1];
        begin = Loop::Clock::now();
    }
    EXPECT_LT(Loop::Clock::now() - begin, std::chrono::seconds{5});
    EXPECT_TRUE(is_there(program_));
    open_gate();
    EXPECT_TRUE(ends(shepherd));
    EXPECT_TRUE(kept("left.ended"));
}

TEST_F(Orphans, NothingIsKeptOfWhatWasReported) {
    Dispatcher dispatcher{run_dir()};
    EXPECT_EQ(dispatcher.end_of(shell("test -e \"$1\"/job-1.job", {jobs()})).status, 0) << "while it ran";
    EXPECT_TRUE(std::filesystem::is_empty(jobs()));
}

TEST_F(Orphans, WhatWasNotSaidYetIsKept) {
    Dispatcher dispatcher{run_dir()};
    dispatcher.says = false;
    EXPECT_EQ(dispatcher.end_of(shell("exit 4")).status, 4);
    EXPECT_TRUE(kept("job-1.job"));
    EXPECT_TRUE(kept("job-1.ended"));
    EXPECT_FALSE(dispatcher.programs->start("job-1", shell("exit 0"))) << "its id is in use";
    dispatcher.programs->done("job-1");
    EXPECT_TRUE(std::filesystem::is_empty(jobs()));
}

TEST_F(Orphans, OneThatWasNotSaidIsSaidByTheNext) {
    start();
    kill_dispatcher();
    wait_for_shepherd();
    {
        Dispatcher first{run_dir()}, second{run_dir()};
        first.says = false;
        ASSERT_EQ(first.programs->adopt().size(), 1u);
        expect_end(first.end_of("orphan"));
        EXPECT_TRUE(second.programs->adopt().empty()) << "the first is about to say it";
    }
    Dispatcher third{run_dir()};
    ASSERT_EQ(third.programs->adopt().size(), 1u);
    expect_end(third.end_of("orphan"));
    EXPECT_TRUE(std::filesystem::is_empty(jobs()));
}

// While it lives the file is there and cannot be read: a directory has its name.
class Unreadable {
 public:
    Unreadable(std::string path, std::string aside) : path_(std::move(path)), aside_(std::move(aside)) {
        std::filesystem::rename(path_, aside_);
        std::filesystem::create_directory(path_);
    }
    ~Unreadable() {
        std::filesystem::remove(path_);
        std::filesystem::rename(aside_, path_);
    }
    Unreadable(const Unreadable&) = delete;
    Unreadable& operator=(const Unreadable&) = delete;

 private:
    std::string path_, aside_;
};

TEST_F(Orphans, AJobThatCannotBeReadIsNotDamaged) {
    start();
    kill_dispatcher();
    wait_for_shepherd();
    {
        Dispatcher first{run_dir()};
        const Unreadable job{jobs() + "/orphan.job", run_dir() + "/aside"};
        EXPECT_TRUE(first.programs->adopt().empty());
        EXPECT_TRUE(std::filesystem::is_directory(jobs() + "/orphan.job"));
    }
    EXPECT_TRUE(kept("orphan.job"));
    EXPECT_TRUE(kept("orphan.ended"));
    Dispatcher second{run_dir()};
    ASSERT_EQ(second.programs->adopt().size(), 1u);
    expect_end(second.end_of("orphan"));
}

TEST_F(Orphans, AnEndThatCannotBeReadIsReadLater) {
    start();
    kill_dispatcher();
    wait_for_shepherd();
    Dispatcher successor{run_dir()};
    ASSERT_EQ(successor.programs->adopt().size(), 1u);
    {
        const Unreadable end{jobs() + "/orphan.ended", run_dir() + "/aside"};
        EXPECT_TRUE(successor.loop.step(milliseconds{0}));
        EXPECT_TRUE(successor.ended.empty());
    }
    EXPECT_TRUE(kept("orphan.ended"));
    expect_end(successor.end_of("orphan"));
}

TEST_F(Orphans, DamagedFilesAreRemovedAndStopNobody) {
    start();
    kill_dispatcher();
    for (const auto* name :
         {"empty.job", "UPPER.job", "half.job", "stray.ended", "stray.ended.tmp", "x.job.tmp"})
        std::ofstream{jobs() + "/" + name}
            << (std::string_view{name} == "half.job" ? "{\"id\":\"half\"," : "");
    ASSERT_EQ(symlink("/etc/passwd", (jobs() + "/link.job").c_str()), 0);
    std::ofstream{jobs() + "/README"} << "not ours";
    Dispatcher successor{run_dir()};
    const auto found = successor.programs->adopt();
    ASSERT_EQ(found.size(), 1u);
    std::vector<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator(jobs()))
        left.push_back(entry.path().filename());
    std::sort(left.begin(), left.end());
    EXPECT_EQ(left, (std::vector<std::string>{"README", "orphan.job"}));
    open_gate();
    expect_end(successor.end_of("orphan"));
    EXPECT_TRUE(std::filesystem::exists("/etc/passwd"));
}

TEST_F(Orphans, ADamagedEndIsALostOne) {
    start();
    kill_dispatcher();
    wait_for_shepherd();
    std::ofstream{jobs() + "/orphan.ended"} << "what?";
    Dispatcher successor{run_dir()};
    ASSERT_EQ(successor.programs->adopt().size(), 1u);
    EXPECT_EQ(successor.end_of("orphan").how, How::lost);
}

TEST_F(Orphans, ADirectoryThatOthersMayEnterIsNotUsed) {
    std::filesystem::create_directories(jobs());
    ASSERT_EQ(chmod(jobs().c_str(), 0755), 0);
    const auto entries = [&] { // that a program sees there
        testing::internal::CaptureStderr();
        Dispatcher dispatcher{run_dir()};
        warned_ = testing::internal::GetCapturedStderr();
        EXPECT_TRUE(dispatcher.programs->adopt().empty());
        const auto ended = dispatcher.end_of(shell("ls \"$1\"", {jobs()}));
        EXPECT_EQ(ended.why, "");
        return ended.output;
    };
    EXPECT_EQ(entries(), "");
    EXPECT_NE(warned_.find("cannot use directory " + jobs()), std::string::npos) << warned_;
    ASSERT_EQ(chmod(jobs().c_str(), 0700), 0);
    EXPECT_EQ(entries(), "job-1.job\n");
    EXPECT_EQ(warned_, "");
}

TEST_F(Orphans, WithoutAPlaceForJobsProgramsRunAllTheSame) {
    testing::internal::CaptureStderr();
    Dispatcher dispatcher{"/no/such/place"};
    warned_ = testing::internal::GetCapturedStderr();
    EXPECT_NE(warned_.find("cannot make directory /no/such/place"), std::string::npos) << warned_;
    EXPECT_EQ(dispatcher.end_of(shell("exit 3")).status, 3);
}

TEST_F(Orphans, AProgramRunsThoughItsJobCannotBeKept) {
    Dispatcher dispatcher{run_dir()};
    std::filesystem::remove(jobs());
    const auto ended = dispatcher.end_of(shell("exit 4"));
    EXPECT_EQ(ended.how, How::exited);
    EXPECT_EQ(ended.status, 4);
    EXPECT_NE(ended.why.find("cannot write"), std::string::npos) << ended.why;
}

} // namespace
} // namespace dmev
