// SPDX-License-Identifier: Apache-2.0
// Real processes. What is awaited is always an end of file or a byte, never a moment.
#include "process/launcher.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <string>

namespace dmev {
namespace {

constexpr int patience_ms = 20000;

// Reads to the end of the stream, or of the patience.
std::string read_all(int fd) {
    std::string text;
    for (;;) {
        pollfd readable{fd, POLLIN, 0};
        if (poll(&readable, 1, patience_ms) <= 0) return text + "<nothing more came>";
        char buffer[512];
        const auto n = read(fd, buffer, sizeof buffer);
        if (n <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(n));
    }
}

bool comes(int fd, char expected) {
    pollfd readable{fd, POLLIN, 0};
    char byte = 0;
    return poll(&readable, 1, patience_ms) == 1 && read(fd, &byte, 1) == 1 && byte == expected;
}

bool ends(int pidfd) {
    pollfd readable{pidfd, POLLIN, 0};
    return poll(&readable, 1, patience_ms) == 1;
}

int pidfd_of(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

void say(int socket, const std::string& text) {
    EXPECT_EQ(send(socket, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

int echo(int socket) {
    char byte;
    while (read(socket, &byte, 1) == 1)
        if (write(socket, &byte, 1) != 1) return 1;
    return 0;
}

int hang(int socket) {
    say(socket, "h");
    for (;;) pause();
}

// Tells what it holds: descriptors, name, whether it may be dumped, what it ignores.
int tell(int socket) {
    std::string text = "fds";
    auto* dir = opendir("/proc/self/fd");
    while (const auto* entry = readdir(dir))
        if (entry->d_name[0] != '.' && std::stoi(entry->d_name) != dirfd(dir))
            text += std::string(" ") + entry->d_name;
    closedir(dir);
    char name[16];
    prctl(PR_GET_NAME, name);
    rlimit core{};
    getrlimit(RLIMIT_CORE, &core);
    struct sigaction term {};
    sigaction(SIGTERM, nullptr, &term);
    text += std::string(" name ") + name + " dumpable " + std::to_string(prctl(PR_GET_DUMPABLE)) + " core " +
            std::to_string(core.rlim_max) + (term.sa_handler == SIG_IGN ? " ignores" : " heeds") + " TERM";
    say(socket, text);
    return 0;
}

int parent(int socket) {
    say(socket, std::to_string(getppid()));
    for (;;) pause();
}

// The launcher's pid, from a reader that is parent().
pid_t launcher_of(const Launcher::Reader& reader) {
    pollfd readable{reader.socket.get(), POLLIN, 0};
    char text[32] = {};
    if (poll(&readable, 1, patience_ms) != 1 || read(reader.socket.get(), text, sizeof text - 1) <= 0)
        return -1;
    return std::stoi(text);
}

TEST(Launcher, GivesReadersThatServeTheirSocket) {
    auto launcher = Launcher::start(echo);
    ASSERT_TRUE(launcher);
    auto one = launcher->new_reader(), two = launcher->new_reader();
    ASSERT_TRUE(one && two);
    EXPECT_NE(one->pid, two->pid);
    for (const auto& reader : {std::cref(*one), std::cref(*two)}) {
        say(reader.get().socket.get(), "x");
        EXPECT_TRUE(comes(reader.get().socket.get(), 'x'));
    }
    char byte;
    EXPECT_EQ(read(one->socket.get(), &byte, 1), -1); // non-blocking on our side
    EXPECT_EQ(errno, EAGAIN);
}

TEST(Launcher, AReaderHoldsItsSocketAndNothingOfOurs) {
    const Fd secret{open("/dev/null", O_RDONLY)}; // not even close-on-exec
    auto launcher = Launcher::start(tell);
    ASSERT_TRUE(launcher);
    const auto reader = launcher->new_reader();
    ASSERT_TRUE(reader);
    EXPECT_EQ(read_all(reader->socket.get()),
              "fds 0 1 2 3 name dmevent-reader dumpable 0 core 0 ignores TERM");
}

TEST(Launcher, AReaderEndsWithItsSocket) {
    auto launcher = Launcher::start(echo);
    ASSERT_TRUE(launcher);
    auto reader = launcher->new_reader();
    ASSERT_TRUE(reader);
    const Fd pidfd{pidfd_of(reader->pid)};
    ASSERT_TRUE(pidfd);
    reader->socket.reset();
    EXPECT_TRUE(ends(pidfd.get()));
}

TEST(Launcher, EndsWithItsDispatcherThoughAReaderHangs) {
    auto launcher = Launcher::start(parent);
    ASSERT_TRUE(launcher);
    const auto reader = launcher->new_reader();
    ASSERT_TRUE(reader);
    const pid_t pid = launcher_of(*reader);
    ASSERT_GT(pid, 0);
    {
        const Launcher gone = std::move(*launcher); // closes the launcher's socket
    }
    int status = -1;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(kill(reader->pid, 0), 0);
    kill(reader->pid, SIGKILL);
    EXPECT_EQ(read_all(reader->socket.get()), "");
}

TEST(Launcher, OutlivesSignalsMeantForTheDispatcher) {
    auto launcher = Launcher::start(parent);
    ASSERT_TRUE(launcher);
    auto reader = launcher->new_reader();
    ASSERT_TRUE(reader);
    const pid_t pid = launcher_of(*reader);
    ASSERT_GT(pid, 0);
    for (const int ignored : {SIGINT, SIGTERM, SIGHUP}) EXPECT_EQ(kill(pid, ignored), 0);
    const auto next = launcher->new_reader();
    EXPECT_TRUE(next);
    kill(reader->pid, SIGKILL);
    if (next) kill(next->pid, SIGKILL);
}

TEST(Launcher, AKilledReaderIsReapedAndItsSocketEnds) {
    auto launcher = Launcher::start(hang);
    ASSERT_TRUE(launcher);
    const auto reader = launcher->new_reader();
    ASSERT_TRUE(reader);
    ASSERT_TRUE(comes(reader->socket.get(), 'h'));
    const Fd pidfd{pidfd_of(reader->pid)};
    kill(reader->pid, SIGKILL);
    EXPECT_TRUE(ends(pidfd.get()));
    EXPECT_EQ(read_all(reader->socket.get()), "");
    const auto next = launcher->new_reader(); // the launcher did not mind
    ASSERT_TRUE(next);
    kill(next->pid, SIGKILL);
}

TEST(Launcher, WithoutItThereIsAnErrorAndNoWait) {
    auto launcher = Launcher::start(parent);
    ASSERT_TRUE(launcher);
    auto reader = launcher->new_reader();
    ASSERT_TRUE(reader);
    const pid_t pid = launcher_of(*reader);
    ASSERT_GT(pid, 0);
    kill(pid, SIGKILL);
    int status;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    const auto refused = launcher->new_reader();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text(), "");
    kill(reader->pid, SIGKILL);
}

} // namespace
} // namespace dmev
