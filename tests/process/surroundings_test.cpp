// SPDX-License-Identifier: Apache-2.0
// What a program is given, and what it is spared.
#include <sched.h>
#include <sys/resource.h>

#include <cstring>

#include "fixture.hpp"

namespace dmev {
namespace {

std::string hex_of(const std::string& text) {
    static const char* digits = "0123456789abcdef";
    std::string out;
    for (const unsigned char c : text) {
        out += digits[c >> 4];
        out += digits[c & 15];
    }
    return out;
}

std::string hash_of(const std::string& text) {
    std::uint64_t hash = 1469598103934665603u;
    for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211u;
    std::ostringstream out;
    out << text.size() << ' ' << std::hex << hash;
    return out.str();
}

// The probe's lines that begin with WORD.
std::vector<std::string> lines(const Ended& ended, const std::string& word) {
    std::istringstream in{ended.output};
    std::vector<std::string> found;
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(word + " ") || line.starts_with(word + ":")) found.push_back(line);
    return found;
}

Program probe(const std::vector<std::string>& arguments = {}) {
    std::vector<std::string> argv{trusted(PROBE)};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run(argv);
}

TEST(Surroundings, ArgumentsArriveByteForByte) {
    const std::vector<std::string> hostile{"two words",
                                           "it's \"quoted\"",
                                           "$(touch /tmp/pwned)",
                                           "`id`",
                                           "--rf",
                                           "-",
                                           "",
                                           "line\nbreak",
                                           "\x1b[2J",
                                           "\xff\xfe",
                                           "*",
                                           "a;b|c&d>e",
                                           "\\x20",
                                           "{device}"};
    const auto ended = Dispatcher{}.end_of(probe(hostile));
    ASSERT_EQ(ended.how, Ended::How::exited) << ended.why;
    std::vector<std::string> expected{"arg " + hex_of(trusted(PROBE))};
    for (const auto& argument : hostile) expected.push_back("arg " + hex_of(argument));
    EXPECT_EQ(lines(ended, "arg"), expected);
}

TEST(Surroundings, TheEnvironmentIsTheOneGiven) {
    ASSERT_EQ(setenv("DMEV_LEAK", "1", 1), 0);
    auto program = probe();
    program.env = {{"B", "two\nlines"}, {"A", ""}, {"DMEVENT_DEVICE", "x=\xff$(id)"}};
    const auto ended = Dispatcher{}.end_of(program);
    EXPECT_EQ(lines(ended, "env"), (std::vector{"env " + hex_of("B=two\nlines"), "env " + hex_of("A="),
                                                "env " + hex_of("DMEVENT_DEVICE=x=\xff$(id)")}));
}

TEST(Surroundings, StandardInputIsExactAndNotWritable) {
    Dispatcher dispatcher;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20}) {
        auto program = probe();
        for (std::size_t i = 0; i < size; ++i) program.input += static_cast<char>(i * 131 + (i >> 8));
        EXPECT_EQ(lines(dispatcher.end_of(program), "stdin"),
                  std::vector{"stdin " + hash_of(program.input) + " offset 0"});
    }
}

TEST(Surroundings, NothingIsInherited) {
    // All of this is our own, from before the launcher.
    const Fd kept{open("/dev/null", O_RDONLY)};
    const mode_t mask = umask(077);
    signal(SIGUSR1, SIG_IGN);
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    const auto ended = Dispatcher{}.end_of(probe());
    umask(mask);
    signal(SIGUSR1, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, nullptr);

    EXPECT_EQ(lines(ended, "fds"), std::vector<std::string>{"fds 3"});
    EXPECT_EQ(lines(ended, "SigBlk"), std::vector<std::string>{"SigBlk:\t0000000000000000"});
    EXPECT_EQ(lines(ended, "SigIgn"), std::vector<std::string>{"SigIgn:\t0000000000000000"});
    EXPECT_EQ(lines(ended, "nice"), std::vector<std::string>{"nice 0 umask 22 files 1024 cwd /"});
    EXPECT_EQ(lines(ended, "leads"), std::vector<std::string>{"leads session group"});
}

bool set_oom_score(const char* score) {
    const Fd file{open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
    return write(file.get(), score, strlen(score)) > 0;
}

bool may_raise_limits() {
    const pid_t pid = fork();
    if (pid == 0) {
        const rlimit none{0, 0}, some{1, 1};
        _exit(setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_CORE, &some) == 0 ? 0 : 1);
    }
    int status = -1;
    return waitpid(pid, &status, 0) == pid && status == 0;
}

// A process that was made nicer, or likelier to be killed, may not be allowed back; nor may the launcher's
// children have core files again.
TEST(Surroundings, WhatNeedsRightsIsResetWhereThatIsAllowed) {
    const pid_t pid = fork();
    if (pid == 0) {
        setpriority(PRIO_PROCESS, 0, 5);
        const bool may_nice = setpriority(PRIO_PROCESS, 0, 0) == 0;
        setpriority(PRIO_PROCESS, 0, 5);
        set_oom_score("700");
        const bool may_score = set_oom_score("600");
        set_oom_score("700");
        rlimit core{};
        getrlimit(RLIMIT_CORE, &core);
        core.rlim_cur = std::min<rlim_t>(12345, core.rlim_max);
        setrlimit(RLIMIT_CORE, &core);
        const auto ended = Dispatcher{}.end_of(probe());
        const auto allowed_core = "core " + std::to_string(may_raise_limits() ? core.rlim_cur : 0);
        const bool nice = lines(ended, "nice").at(0).starts_with(may_nice ? "nice 0 " : "nice 5 ");
        const bool score = lines(ended, "oom").at(0) == (may_score ? "oom 0" : "oom 700");
        const bool cores = lines(ended, "core").at(0) == allowed_core;
        _exit((nice ? 0 : 1) + (score ? 0 : 2) + (cores ? 0 : 4));
    }
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_TRUE(WIFEXITED(status));
}

TEST(Surroundings, WhatMustNotBeInterruptedOutlivesTheReaderOfItsOutput) {
    auto program = probe();
    program.interruptible = false;
    EXPECT_EQ(lines(Dispatcher{}.end_of(program), "SigIgn"),
              std::vector<std::string>{"SigIgn:\t0000000000001000"});
}

TEST(Surroundings, ItsShepherdIsTheLastToBeKilledWhereThatIsAllowed) {
    const pid_t pid = fork();
    if (pid == 0) _exit(set_oom_score("-1000") ? 0 : 1);
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    const auto ended = Dispatcher{}.end_of(shell("cat /proc/$PPID/oom_score_adj /proc/self/oom_score_adj"));
    const auto scores = numbers(ended.output);
    ASSERT_EQ(scores.size(), 2u) << ended.output;
    EXPECT_EQ(scores[0] == -1000, status == 0) << scores[0];
    EXPECT_NE(scores[1], -1000);
}

// To batch and idle any process may go.
TEST(Surroundings, SchedulingIsResetLikeTheRest) {
    const pid_t pid = fork();
    if (pid == 0) {
        const sched_param none{};
        const bool set = sched_setscheduler(0, SCHED_BATCH, &none) == 0 &&
                         syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 7) == 0; // best effort, the lowest
        const auto ended = Dispatcher{}.end_of(probe());
        const auto found = lines(ended, "policy").at(0);
        // A kernel may give the class that follows from the nice value in place of none.
        const bool reset = found == "policy 0 io 0" || found == "policy 0 io " + std::to_string(2 << 13 | 4);
        _exit((set ? 0 : 1) + (reset ? 0 : 2));
    }
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
}

TEST(Surroundings, RunsAsAnotherUser) {
    // Where that user can reach it.
    const TempDir dir;
    ASSERT_EQ(chmod(dir.path().c_str(), 0755), 0);
    std::filesystem::copy_file(PROBE, dir / "probe");
    auto program = run({dir / "probe"});
    program.as_self = false;
    program.uid = 65534;
    program.gid = 65533;
    program.groups = {65533, 1234};
    const auto ended = Dispatcher{}.end_of(program);
    if (geteuid() == 0) {
        ASSERT_EQ(ended.how, Ended::How::exited) << ended.why;
        ASSERT_EQ(lines(ended, "uids").size(), 1u);
        const auto line = lines(ended, "uids")[0];
        EXPECT_TRUE(line == "uids 65534 65534 65534 gid 65533 groups 1234 65533" ||
                    line == "uids 65534 65534 65534 gid 65533 groups 65533 1234")
            << line;
        EXPECT_EQ(lines(ended, "stdin"), std::vector{"stdin " + hash_of("") + " offset 0"});
    } else {
        EXPECT_EQ(ended.how, Ended::How::not_started);
        EXPECT_EQ(ended.status, EPERM);
        EXPECT_EQ(ended.why, "cannot set its groups");
    }
}

TEST(Surroundings, RunsAsOurselvesByDefault) {
    const auto ended = Dispatcher{}.end_of(probe());
    const auto uid = std::to_string(getuid());
    ASSERT_EQ(lines(ended, "uids").size(), 1u);
    EXPECT_TRUE(lines(ended, "uids")[0].starts_with("uids " + uid + " " + uid + " " + uid));
}

} // namespace
} // namespace dmev
