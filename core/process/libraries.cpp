// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>

#include "base/io.hpp"
#include "base/text.hpp"
#include "process/program_files.hpp"

namespace dmev {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds limit{10};
constexpr std::size_t most_output = 256 << 10;

[[noreturn]] void ask(const std::string& loader, const std::string& path, int output) {
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (dup2(output, STDOUT_FILENO) < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
        _exit(127);
    closefrom(STDERR_FILENO + 1);
    const char* const argv[] = {loader.c_str(), "--list", path.c_str(), nullptr};
    char* const env[] = {nullptr};
    execve(loader.c_str(), const_cast<char* const*>(argv), env);
    _exit(127);
}

// To its end, or until LIMIT is over.
bool read_all(int fd, std::string& text) {
    const auto until = Clock::now() + limit;
    while (text.size() < most_output) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd readable{fd, POLLIN, 0};
        const int ready = poll(&readable, 1, static_cast<int>(std::max<decltype(left)>(left, 0)));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        char buffer[4096];
        const auto n = uninterrupted([&] { return read(fd, buffer, sizeof buffer); });
        if (n <= 0) return n == 0;
        text.append(buffer, static_cast<std::size_t>(n));
    }
    return false;
}

// "\tlibc.so.6 => /lib/libc.so.6 (0x7f...)", "\t/lib64/ld-linux.so.2 (0x7f...)"; the vdso is no file.
std::string path_in(std::string_view line) {
    if (const auto arrow = line.find(" => "); arrow != line.npos) line.remove_prefix(arrow + 4);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line.starts_with('/') ? std::string{line.substr(0, line.rfind(" ("))} : std::string{};
}

} // namespace

Result<std::vector<std::string>> libraries(const std::string& loader, const std::string& path) {
    const auto failed = [&path](std::string why) {
        return Error{ErrorKind::failed, "cannot find the libraries of", escape(path), std::move(why), ""};
    };
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return errno_error("cannot find the libraries of", escape(path), errno);
    const Fd in{ends[0]};
    Fd out{ends[1]};
    const pid_t pid = fork();
    if (pid < 0) return errno_error("cannot find the libraries of", escape(path), errno);
    if (pid == 0) ask(loader, path, out.get());
    out.reset();
    std::string text;
    const bool whole = read_all(in.get(), text);
    if (!whole) kill(pid, SIGKILL);
    int status = 0;
    pid_t ended;
    do ended = waitpid(pid, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (!whole) return failed("the dynamic loader does not come to an end");
    // 127: not executed. Others fail where they are told to list what is no program of theirs.
    if (ended != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return failed("the dynamic loader does not tell");
    std::vector<std::string> list;
    for (std::string_view rest = text; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (auto library = path_in(line); !library.empty()) list.push_back(std::move(library));
    }
    return list;
}

} // namespace dmev
