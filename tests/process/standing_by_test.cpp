// SPDX-License-Identifier: Apache-2.0
// An lvm that waits for its command: used when one comes that it can be given exactly, and otherwise ended.
#include <set>

#include "fixture.hpp"
#include "process/lvm_script.hpp"

namespace dmev {
namespace {

class StandingLvm : public testing::Test {
 protected:
    explicit StandingLvm(Launcher::Guard guard = nullptr) : dispatcher("", guard) {
        std::filesystem::copy_file(LVM, lvm);
        chmod(dir.path().c_str(), 0755);
        chmod(lvm.c_str(), 0755);
    }
    ~StandingLvm() override {
        dispatcher.programs.reset();
        EXPECT_TRUE(await([&] { return all_lvms().empty(); })) << "it survives";
    }
    // FAULT: as FAKE_LVM says.
    void expect(const std::string& fault = "") {
        if (!fault.empty()) env.emplace_back("FAKE_LVM", fault);
        dispatcher.programs->expect_lvm(waiting_lvm(lvm, env));
    }
    // Until that many lines were taken.
    void await_lines(std::uintmax_t lines) {
        EXPECT_TRUE(await([&] {
            std::error_code none_yet;
            const auto size = std::filesystem::file_size(told, none_yet);
            return !none_yet && size >= lines;
        }));
        const auto all = all_lvms();
        waiting = all.empty() ? 0 : all.front();
    }
    void expect_and_await() {
        expect();
        await_lines(kept * first_lvm_lines.size());
        EXPECT_EQ(all_lvms().size(), kept);
    }
    template <class P>
    bool await(P so) { // nobody tells of it
        const auto until = Loop::Clock::now() + patience;
        bool is_so = false;
        while (!(is_so = so()) && Loop::Clock::now() < until)
            EXPECT_TRUE(dispatcher.loop.step(milliseconds{10}));
        return is_so;
    }
    // The oldest first.
    std::vector<pid_t> all_lvms() const {
        std::map<std::pair<std::uint64_t, pid_t>, pid_t> found;
        for (const auto& process : descendants(getpid())) {
            std::error_code error;
            const auto exe =
                std::filesystem::read_symlink("/proc/" + std::to_string(process.pid) + "/exe", error);
            if (exe.string().starts_with(lvm)) found[{process.start, process.pid}] = process.pid;
        }
        std::vector<pid_t> list;
        for (const auto& [age, pid] : found) list.push_back(pid);
        return list;
    }
    Program command(const std::vector<std::string>& arguments) const {
        Program program = run({lvm, "lvextend"});
        program.argv.insert(program.argv.end(), arguments.begin(), arguments.end());
        program.env = env;
        program.env.emplace_back("DMEVENT_ID", "1");
        program.by_hook = true;
        program.interruptible = false;
        return program;
    }
    std::string output(const std::vector<std::string>& arguments) {
        const auto ended = dispatcher.end_of(command(arguments));
        EXPECT_EQ(ended.how, Ended::How::exited) << ended.why;
        EXPECT_EQ(ended.status, 0);
        return ended.output;
    }
    std::string waited() const { return "waited " + std::to_string(waiting) + "\n"; }

    static constexpr std::size_t kept = 2;
    const TempDir dir;
    const std::string lvm = dir / "lvm";
    const std::string told = dir / "told";
    std::vector<std::pair<std::string, std::string>> env{{"PATH", "/usr/bin:/bin"}, {"FAKE_TOLD", told}};
    Dispatcher dispatcher;
    pid_t waiting = 0;
};

TEST_F(StandingLvm, RunsTheCommand) {
    expect_and_await();
    EXPECT_EQ(output({"self"}), waited());
}

TEST_F(StandingLvm, IsGivenTheSameArguments) {
    const std::vector<std::string> arguments{"--config", "a/b=70 c/d=20", "", "vg/pool", "arguments"};
    const auto cold = output(arguments);
    expect_and_await();
    EXPECT_EQ(output(arguments), cold);
    EXPECT_EQ(cold, "[lvextend][--config][a/b=70 c/d=20][][vg/pool][arguments]");
}

TEST_F(StandingLvm, HasTheSameSurroundings) {
    const auto cold = output({"facts"});
    expect_and_await();
    EXPECT_EQ(output({"facts"}), cold);
    EXPECT_NE(cold.find("leads its session 1, its group 1"), cold.npos) << cold;
}

TEST_F(StandingLvm, EndsAsTheCommandDoes) {
    expect_and_await();
    const auto ended = dispatcher.end_of(command({"exit=5"}));
    EXPECT_EQ(ended.how, Ended::How::exited);
    EXPECT_EQ(ended.status, 5);
}

TEST_F(StandingLvm, IsSignalledAsTheCommandIs) {
    expect_and_await();
    const auto ended = dispatcher.end_of(command({"die"}));
    EXPECT_EQ(ended.how, Ended::How::signalled);
    EXPECT_EQ(ended.status, SIGKILL);
}

TEST_F(StandingLvm, IsOverdueAndLeftToFinish) {
    expect_and_await();
    const Fifo gate{dir / "gate"};
    auto program = command({gate.path()});
    program.timeout = milliseconds{1};
    ASSERT_TRUE(dispatcher.programs->start("a", program));
    ASSERT_TRUE(dispatcher.await([&] { return dispatcher.overdue.size() == 1; }));
    EXPECT_TRUE(is_there(waiting));
    gate.write_line();
    EXPECT_EQ(dispatcher.end_of("a").status, 0);
}

TEST_F(StandingLvm, IsFollowedByAnother) {
    expect_and_await();
    std::set<pid_t> ran;
    for (std::size_t i = 0; i < 2 * kept; ++i) {
        const auto next = waiting;
        EXPECT_EQ(output({"self"}), waited());
        EXPECT_TRUE(ran.insert(next).second);
        // Its own line, and the first ones of who takes its place.
        await_lines((kept + i + 1) * first_lvm_lines.size() + i + 1);
    }
}

TEST_F(StandingLvm, IsThereForTheNextAtOnce) {
    expect_and_await();
    const auto all = all_lvms();
    for (const auto pid : all) EXPECT_EQ(output({"self"}), "waited " + std::to_string(pid) + "\n");
}

TEST_F(StandingLvm, LeavesOtherProgramsToOthers) {
    expect_and_await();
    const auto all = all_lvms();
    auto administrators = command({"self"});
    administrators.by_hook = false;
    for (const auto& program : {shell("echo cold"), administrators, command({"it's", "self"})}) {
        const auto ended = dispatcher.end_of(program);
        EXPECT_TRUE(ended.output.starts_with("cold")) << ended.output;
        EXPECT_EQ(all_lvms(), all);
    }
}

TEST_F(StandingLvm, EndsWhenItIsNotExpectedAnyLonger) {
    expect_and_await();
    dispatcher.programs->expect_lvm(std::nullopt);
    EXPECT_TRUE(await([&] { return all_lvms().empty(); }));
    EXPECT_TRUE(output({"self"}).starts_with("cold"));
}

TEST_F(StandingLvm, EndsWithTheLauncher) {
    expect_and_await();
    const auto launcher = stat_of(stat_of(waiting)->parent)->parent;
    ASSERT_EQ(stat_of(launcher)->parent, getpid());
    const auto pidfd = pidfd_of(waiting);
    kill(launcher, SIGKILL);
    EXPECT_TRUE(ends(pidfd));
}

TEST_F(StandingLvm, EndsWithTheDispatcher) {
    expect_and_await();
    const auto pidfd = pidfd_of(waiting);
    dispatcher.programs.reset();
    EXPECT_TRUE(ends(pidfd));
}

TEST_F(StandingLvm, EndsWithItsShepherd) {
    expect_and_await();
    for (const auto lvm_process : all_lvms()) {
        const auto shepherd = stat_of(lvm_process)->parent;
        const auto shepherds = pidfd_of(shepherd), lvms = pidfd_of(lvm_process);
        kill(shepherd, SIGKILL);
        EXPECT_TRUE(ends(shepherds));
        EXPECT_TRUE(ends(lvms));
    }
    EXPECT_TRUE(output({"self"}).starts_with("cold"));
}

TEST_F(StandingLvm, MayBeKilledWhileItWaits) {
    expect_and_await();
    const auto pidfd = pidfd_of(waiting);
    ASSERT_EQ(kill(waiting, SIGKILL), 0);
    EXPECT_TRUE(ends(pidfd));
    EXPECT_TRUE(output({"self"}).starts_with("cold"));
}

TEST_F(StandingLvm, MayStopWhileItWaits) { // then it is the command that stops, and is only told of
    expect_and_await();
    ASSERT_EQ(kill(waiting, SIGSTOP), 0);
    auto program = command({"self"});
    program.timeout = milliseconds{1};
    ASSERT_TRUE(dispatcher.programs->start("a", program));
    ASSERT_TRUE(dispatcher.await([&] { return dispatcher.overdue.size() == 1; }));
    ASSERT_EQ(kill(waiting, SIGCONT), 0);
    EXPECT_EQ(dispatcher.end_of("a").output, waited());
}

TEST_F(StandingLvm, IsNotReplacedOnceItHasItsCommand) {
    expect_and_await();
    ASSERT_EQ(kill(waiting, SIGSTOP), 0);
    auto program = command({dir / "nothing"});
    program.timeout = milliseconds{100}; // after which the line is written
    ASSERT_TRUE(dispatcher.programs->start("a", program));
    ASSERT_TRUE(dispatcher.await([&] { return dispatcher.overdue.size() == 1; }));
    ASSERT_EQ(kill(waiting, SIGKILL), 0);
    const auto ended = dispatcher.end_of("a");
    EXPECT_EQ(ended.how, Ended::How::signalled);
    EXPECT_EQ(ended.status, SIGKILL);
}

class FaultyLvm : public StandingLvm, public testing::WithParamInterface<std::pair<const char*, int>> {};

TEST_P(FaultyLvm, IsEndedAndTheCommandRunsElsewhere) {
    const auto& [fault, lines] = GetParam();
    expect(fault);
    if (lines > 0)
        await_lines(kept * static_cast<std::size_t>(lines));
    else
        EXPECT_TRUE(await([&] { return !all_lvms().empty(); }));
    EXPECT_TRUE(output({"self"}).starts_with("cold"));
}

INSTANTIATE_TEST_SUITE_P(All, FaultyLvm,
                         testing::Values(std::pair{"hangs", 0}, std::pair{"hangs later", 2},
                                         std::pair{"dies", 2}, std::pair{"dies late", 3},
                                         std::pair{"talks", 1}));

TEST_F(StandingLvm, IsNotUsedOnceItsFileIsAnother) {
    expect_and_await();
    const auto other = dir / "other";
    std::filesystem::copy_file(LVM, other);
    chmod(other.c_str(), 0755);
    std::filesystem::rename(other, lvm);
    EXPECT_TRUE(output({"self"}).starts_with("cold"));
}

TEST_F(StandingLvm, IsNotUsedOnceItsFileWasTouched) {
    expect_and_await();
    std::filesystem::last_write_time(lvm, std::filesystem::file_time_type::clock::now());
    EXPECT_TRUE(output({"self"}).starts_with("cold"));
}

TEST_F(StandingLvm, IsNotUsedOnceOthersCouldWriteIt) {
    expect_and_await();
    chmod(dir.path().c_str(), 0777);
    const auto ended = dispatcher.end_of(command({"self"}));
    EXPECT_EQ(ended.how, Ended::How::refused);
    EXPECT_EQ(ended.output, "");
}

TEST_F(StandingLvm, ThatIsNotThereIsNotMissed) {
    std::filesystem::remove(lvm);
    expect();
    EXPECT_EQ(dispatcher.end_of(shell("exit 3")).status, 3);
    std::filesystem::copy_file(LVM, lvm);
    EXPECT_TRUE(output({"self"}).starts_with("cold"));
}

class GuardedLvm : public StandingLvm {
 protected:
    GuardedLvm()
        : StandingLvm([](const std::string&, const std::string& about) { return about == "managed"; }) {}
    Program guarded(const std::string& about, std::vector<std::string> instead) const {
        auto program = command({"self"});
        program.guards = {{"somebody", about, std::move(instead)}};
        return program;
    }
};

TEST_F(GuardedLvm, RunsWhatNobodyElseManages) {
    expect_and_await();
    EXPECT_EQ(dispatcher.end_of(guarded("free", {})).output, waited());
}

TEST_F(GuardedLvm, RunsNothingWhereSomebodyElseDoes) {
    expect_and_await();
    const auto pidfd = pidfd_of(waiting);
    const auto ended = dispatcher.end_of(guarded("managed", {}));
    EXPECT_EQ(ended.how, Ended::How::refused);
    EXPECT_EQ(ended.output, "");
    EXPECT_TRUE(ends(pidfd));
}

TEST_F(GuardedLvm, LeavesToOthersWhatIsRunInstead) {
    expect_and_await();
    const auto ended = dispatcher.end_of(guarded("managed", {"/bin/sh", "-c", "echo instead"}));
    EXPECT_EQ(ended.output, "instead\n");
    EXPECT_EQ(ended.managed_by, "somebody");
}

} // namespace
} // namespace dmev
