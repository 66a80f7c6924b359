// SPDX-License-Identifier: Apache-2.0
// A launcher that listens, in a process of its own, and who asks it for shepherds.
#include "process/launcher_service.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include "fixture.hpp"
#include "process/lvm_script.hpp"
#include "process/service_socket.hpp"

namespace dmev {
namespace {

// A launcher service at PATH, until it is killed or told to end.
class Service {
 public:
    explicit Service(const std::string& path) : path_(path) { start(); }
    ~Service() {
        if (pid_ > 0) end(SIGKILL);
    }
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    void start() {
        int ready[2];
        ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
        Fd in{ready[0]}, out{ready[1]};
        pid_ = fork();
        if (pid_ == 0) _exit(serve(path_, out));
        out.reset();
        char byte = 0;
        ASSERT_EQ(read(in.get(), &byte, 1), 1) << "it does not become ready";
    }
    int end(int signal) {
        int status = -1;
        kill(pid_, signal);
        waitpid(std::exchange(pid_, 0), &status, 0);
        return status;
    }
    pid_t pid() const { return pid_; }

 private:
    static int serve(const std::string& path, const Fd& ready) {
        auto socket = ListeningSocket::open(path, SOCK_SEQPACKET);
        if (!socket) return 2;
        const auto tell = [&] { [[maybe_unused]] const auto n = write(ready.get(), "r", 1); };
        return serve_connections(socket->get(), {no_reader, nullptr}, tell) ? 0 : 3;
    }
    std::string path_;
    pid_t pid_ = 0;
};

class LauncherService : public testing::Test {
 protected:
    TempDir dir;
    std::string path = dir / "launcher.sock";
};

TEST_F(LauncherService, GivesShepherdsThatRunPrograms) {
    const Service service{path};
    Dispatcher dispatcher;
    dispatcher.launcher = Launcher::at(path);
    const auto ended = dispatcher.end_of(shell("echo $PPID; exit 3"));
    EXPECT_EQ(ended.how, Ended::How::exited);
    EXPECT_EQ(ended.status, 3);
}

TEST_F(LauncherService, KeepsAnLvmReadyThatEndsWithIt) {
    Service service{path};
    Dispatcher dispatcher;
    dispatcher.launcher = Launcher::at(path);
    const auto lvm = dir / "lvm", told = dir / "told";
    std::filesystem::copy_file(LVM, lvm);
    chmod(dir.path().c_str(), 0755);
    chmod(lvm.c_str(), 0755);
    auto program = run({lvm, "lvextend", "self"});
    program.env.emplace_back("FAKE_TOLD", told);
    program.by_hook = true;
    program.interruptible = false;
    dispatcher.programs->expect_lvm(waiting_lvm(lvm, program.env));
    const auto await_lines = [&](std::uintmax_t lines) {
        const auto until = Loop::Clock::now() + patience;
        std::error_code none_yet;
        while (Loop::Clock::now() < until) {
            if (const auto n = std::filesystem::file_size(told, none_yet); !none_yet && n >= lines)
                return true;
            EXPECT_TRUE(dispatcher.loop.step(milliseconds{10}));
        }
        return false;
    };
    ASSERT_TRUE(await_lines(first_lvm_lines.size()));
    const auto ended = dispatcher.end_of(program);
    EXPECT_TRUE(ended.output.starts_with("waited ")) << ended.output;
    ASSERT_TRUE(await_lines(3 * first_lvm_lines.size() + 1)); // its own, and two again
    std::vector<Fd> lvms;
    for (const auto& process : descendants(service.pid())) {
        std::error_code gone;
        const auto exe = std::filesystem::read_symlink("/proc/" + std::to_string(process.pid) + "/exe", gone);
        if (exe == lvm) lvms.push_back(pidfd_of(process.pid));
    }
    EXPECT_EQ(lvms.size(), 2U);
    service.end(SIGKILL);
    for (const auto& pidfd : lvms) EXPECT_TRUE(ends(pidfd));
}

TEST_F(LauncherService, IsForItsOwnUserAlone) {
    const Service service{path};
    struct stat st {};
    ASSERT_EQ(stat(path.c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0600U);
    if (geteuid() != 0) return; // nobody else to be
    const pid_t other = fork();
    if (other == 0) {
        chmod(dir.path().c_str(), 0755);
        chmod(path.c_str(), 0666);
        if (setresuid(65534, 65534, 65534) < 0) _exit(9);
        auto launcher = Launcher::at(path);
        // Of root it may be connected to, and yet it gives nothing.
        _exit(launcher.connect() && !launcher.new_shepherd() ? 0 : 1);
    }
    int status = -1;
    waitpid(other, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST_F(LauncherService, OfSomebodyElseIsNotTrusted) {
    if (geteuid() != 0) return; // nobody else to be
    chmod(dir.path().c_str(), 0777);
    ASSERT_EQ(seteuid(65534), 0);
    auto theirs = ListeningSocket::open(path, SOCK_SEQPACKET);
    ASSERT_EQ(seteuid(0), 0);
    ASSERT_TRUE(theirs);
    auto launcher = Launcher::at(path);
    const auto connected = launcher.connect();
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().kind, ErrorKind::not_permitted);
    EXPECT_NE(connected.error().text().find("65534"), std::string::npos);
}

TEST_F(LauncherService, GivesNoReaders) {
    const Service service{path};
    auto launcher = Launcher::at(path);
    EXPECT_FALSE(launcher.new_reader());
    EXPECT_TRUE(launcher.new_shepherd()); // and goes on
}

TEST_F(LauncherService, WithoutItAProgramFailsAndSaysWhatToDo) {
    Dispatcher dispatcher;
    dispatcher.launcher = Launcher::at(path);
    const auto started = dispatcher.programs->start("job-1", run({"/bin/true"}));
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().text().find(path), std::string::npos);
    EXPECT_NE(started.error().text().find("--launcher"), std::string::npos);
    const Service service{path}; // as soon as it is there
    EXPECT_EQ(dispatcher.end_of(run({"/bin/true"})).how, Ended::How::exited);
}

TEST_F(LauncherService, AProgramOutlivesItsLauncherAndTheNextOneIsAsked) {
    Service service{path};
    Dispatcher dispatcher{dir / "run"};
    dispatcher.launcher = Launcher::at(path);
    const Fifo fifo{dir / "fifo"};
    ASSERT_TRUE(dispatcher.programs->start("job-a", shell("read line <\"$1\"; exit 7", {fifo.path()})));
    for (const int signal : {SIGKILL, SIGTERM}) {
        EXPECT_EQ(service.end(signal), signal == SIGKILL ? SIGKILL : 0);
        service.start();
        EXPECT_EQ(dispatcher.end_of(run({"/bin/true"})).status, 0) << signal;
    }
    fifo.write_line();
    EXPECT_EQ(dispatcher.end_of("job-a").status, 7);
}

TEST_F(LauncherService, OnlyOneListens) {
    const Service service{path};
    const auto second = ListeningSocket::open(path, SOCK_SEQPACKET);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().text().find("another process"), std::string::npos);
    auto launcher = Launcher::at(path);
    EXPECT_TRUE(launcher.new_shepherd());
}

TEST_F(LauncherService, RemovesItsSocketAtItsEnd) {
    Service service{path};
    EXPECT_EQ(service.end(SIGTERM), 0);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(LauncherService, OneThatIsStoppedHoldsUpItsDispatcherOnceAndForASecond) {
    const Service service{path};
    auto launcher = Launcher::at(path);
    ASSERT_TRUE(launcher.new_shepherd());
    kill(service.pid(), SIGSTOP);
    // Who serves the connection is another process: connections of others are what waits.
    EXPECT_TRUE(launcher.new_shepherd());
    auto late = Launcher::at(path);
    ASSERT_TRUE(late.connect()); // the queue has room
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(late.new_shepherd());
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(late.new_shepherd());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
}

TEST_F(LauncherService, TakesTheSocketThatItWasGiven) {
    Fd listening{socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const auto takes = [&](bool listens) {
        const pid_t pid = fork();
        if (pid == 0) {
            if (listens && listen(listening.get(), 1) < 0) _exit(9);
            dup2(listening.get(), 3);
            setenv("LISTEN_FDS", "1", 1);
            setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
            const auto socket = ListeningSocket::open(dir / "elsewhere", SOCK_SEQPACKET);
            _exit(socket ? socket->get() == 3 ? 0 : 1 : 2);
        }
        int status = -1;
        waitpid(pid, &status, 0);
        return WEXITSTATUS(status);
    };
    EXPECT_EQ(takes(false), 2);
    EXPECT_EQ(takes(true), 0);
    EXPECT_FALSE(std::filesystem::exists(dir / "elsewhere"));
}

} // namespace
} // namespace dmev
