// SPDX-License-Identifier: Apache-2.0
#include "service/pidfile.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/io.hpp"
#include "base/text.hpp"

namespace dmev {
namespace {

Error failed(const std::string& path, int errno_value) {
    auto error = errno_error("cannot write pidfile", escape(path), errno_value);
    if (errno_value == EACCES || errno_value == EPERM) {
        error.kind = ErrorKind::not_permitted;
        error.remedy = "run as root, or name another file with --pidfile";
    }
    return error;
}

// The digits in the file; nothing when it holds something else.
std::optional<std::string> digits_of(std::string text) {
    constexpr std::size_t longest = 31;
    if (text.size() > longest) return std::nullopt;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return std::nullopt;
    return text;
}

// Whether PATH still leads to the file behind FD: its last owner may have removed it before we got the lock.
bool is_at(const std::string& path, int fd) {
    struct stat here {
    }, there{};
    return fstat(fd, &here) == 0 && lstat(path.c_str(), &there) == 0 && here.st_dev == there.st_dev &&
           here.st_ino == there.st_ino;
}

// Until the process ends, or for LIMIT.
void await_end(const std::string& pid, std::chrono::milliseconds limit) {
    int number = 0;
    std::from_chars(pid.data(), pid.data() + pid.size(), number);
    const Fd process{number > 0 ? static_cast<int>(syscall(SYS_pidfd_open, number, 0)) : -1};
    pollfd ended{process.get(), POLLIN, 0};
    if (process) poll(&ended, 1, static_cast<int>(limit.count()));
}

constexpr const char* taken = "already running";
constexpr std::chrono::milliseconds look_again{100};
constexpr std::size_t most_read = 32; // more than any process id has

} // namespace

bool Pidfile::is_taken(const Error& error) { return error.what == taken; }

Result<Pidfile> Pidfile::take(const std::string& given, std::chrono::milliseconds patience) {
    // Absolute, since whoever detaches leaves the working directory.
    std::error_code ignored;
    const auto path = std::filesystem::absolute(given, ignored).string();
    for (;;) {
        Fd fd{uninterrupted([&] {
            return open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                        0644);
        })};
        const bool wants = !fd && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
        if (wants && patience > patience.zero()) {
            poll(nullptr, 0, static_cast<int>(look_again.count())); // nothing tells when there is room again
            patience -= look_again;
            continue;
        }
        if (!fd) return failed(path, errno);
        struct stat st {};
        if (fstat(fd.get(), &st) < 0) return failed(path, errno);
        const auto held = S_ISREG(st.st_mode) ? read_whole(fd.get(), most_read) : std::string{};
        if (!held) return failed(path, errno);
        const auto pid = digits_of(*held);
        if (!S_ISREG(st.st_mode) || !pid)
            return Error{ErrorKind::failed, "cannot write pidfile", escape(path),
                         "it exists and holds no process id, so it is left alone", "name another file"};
        if (uninterrupted([&] { return flock(fd.get(), LOCK_EX | LOCK_NB); }) < 0) {
            if (errno != EWOULDBLOCK) return failed(path, errno);
            if (patience > patience.zero()) {
                await_end(*pid, std::exchange(patience, {}));
                continue;
            }
            return Error{ErrorKind::failed, taken, pid->empty() ? "" : "as process " + *pid,
                         "it holds " + escape(path), "stop it first, or use another --pidfile"};
        }
        if (!is_at(path, fd.get())) continue;
        const auto text = std::to_string(getpid()) + "\n";
        if (ftruncate(fd.get(), 0) < 0 || !write_whole(fd.get(), text)) return failed(path, errno);
        return Pidfile{path, std::move(fd)};
    }
}

Pidfile::~Pidfile() {
    // Under the lock nobody else writes here; who opened the old file meanwhile finds it gone and tries
    // again.
    if (fd_ && is_at(path_, fd_.get())) unlink(path_.c_str());
}

} // namespace dmev
