// SPDX-License-Identifier: Apache-2.0
// Preloaded: calls of the C library fail as FAULTS says, in a process and in all that are forked from it. A
// program that is executed gets no environment of ours, and so a libc that works.
//   FAULTS=CALL:ERROR[:at=N][:every=N][:times=N][:role=NAME][:match=TEXT],...
// ERROR is an errno by its name, or "short": one byte is moved where more were asked for. Without at= or
// every= each call fails; times= ends it; role= is the process's name; match= is a part of the path.
// FAULTS_CONTROL is a file that all of them map: whether faults are made now, how far the wall clock is off,
// and what was made.
#undef _FILE_OFFSET_BITS // or the two of each pair below would be one
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

constexpr int most_faults = 16;
constexpr int is_short = -1;

// In the file; faults_test.py knows its form.
struct Control {
    std::atomic<std::int64_t> clock_off; // seconds
    std::atomic<std::uint32_t> armed;
    std::atomic<std::uint32_t> reserved;
    struct Count {
        std::atomic<std::uint32_t> calls, made;
    } counts[most_faults];
};

struct Fault {
    char call[32], role[16], match[64];
    int error; // or is_short
    unsigned at, every, times;
};

Fault faults[most_faults];
int fault_count = 0;
Control* control = nullptr;

int errno_of(const char* name) {
    if (std::strcmp(name, "short") == 0) return is_short;
    for (int e = 1; e < 134; ++e)
        if (const char* known = strerrorname_np(e); known && std::strcmp(known, name) == 0) return e;
    std::fprintf(stderr, "FAULTS: no such error: %s\n", name);
    std::abort();
}

template <std::size_t N>
void copy(char (&to)[N], const char* from) {
    std::strncpy(to, from, N - 1);
}

void read_fault(char* text) {
    auto& fault = faults[fault_count];
    char* rest = nullptr;
    copy(fault.call, strtok_r(text, ":", &rest));
    const char* error = strtok_r(nullptr, ":", &rest);
    fault.error = errno_of(error ? error : "");
    while (char* option = strtok_r(nullptr, ":", &rest)) {
        char* value = std::strchr(option, '=');
        if (!value) std::abort();
        *value++ = '\0';
        const auto number = static_cast<unsigned>(std::atoi(value));
        if (std::strcmp(option, "at") == 0)
            fault.at = number;
        else if (std::strcmp(option, "every") == 0)
            fault.every = number;
        else if (std::strcmp(option, "times") == 0)
            fault.times = number;
        else if (std::strcmp(option, "role") == 0)
            copy(fault.role, value);
        else if (std::strcmp(option, "match") == 0)
            copy(fault.match, value);
        else
            std::abort();
    }
    ++fault_count;
}

[[gnu::constructor]] void begin() {
    const char* file = std::getenv("FAULTS_CONTROL");
    if (!file) return;
    const int fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC));
    void* at = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || at == MAP_FAILED) std::abort();
    close(fd);
    if (const char* text = std::getenv("FAULTS")) {
        char* all = strdup(text);
        char* rest = nullptr;
        for (char* one = strtok_r(all, ",", &rest); one && fault_count < most_faults;
             one = strtok_r(nullptr, ",", &rest))
            read_fault(one);
    }
    control = static_cast<Control*>(at);
}

bool is_role(const char* role) {
    if (!*role) return true;
    char name[16] = {};
    prctl(PR_GET_NAME, name);
    return std::strcmp(name, role) == 0;
}

// 0: let it be done; else the errno, or is_short.
int verdict(const char* call, const char* path = nullptr) {
    if (!control || !control->armed.load()) return 0;
    for (int i = 0; i < fault_count; ++i) {
        const auto& fault = faults[i];
        if (std::strcmp(fault.call, call) != 0 || !is_role(fault.role)) continue;
        if (*fault.match && (!path || !std::strstr(path, fault.match))) continue;
        auto& count = control->counts[i];
        const auto n = ++count.calls;
        if (fault.at && n != fault.at) continue;
        if (fault.every && n % fault.every != 0) continue;
        if (fault.times && count.made.load() >= fault.times) continue;
        ++count.made;
        return fault.error;
    }
    return 0;
}

bool fails(const char* call, const char* path = nullptr) {
    const int error = verdict(call, path);
    if (error > 0) errno = error;
    return error > 0;
}

// Of an open file by its path, which is looked for only where a fault asks for one.
int verdict_on(const char* call, int fd) {
    const bool asks = control && control->armed.load() &&
                      std::any_of(faults, faults + fault_count, [call](const Fault& fault) {
                          return *fault.match && std::strcmp(fault.call, call) == 0;
                      });
    char path[4096] = {};
    if (asks) {
        char link[48];
        std::snprintf(link, sizeof link, "/proc/thread-self/fd/%d", fd);
        const int before = errno;
        if (readlink(link, path, sizeof path - 1) < 0) *path = '\0';
        errno = before;
    }
    return verdict(call, path);
}

bool fails(const char* call, int fd) {
    const int error = verdict_on(call, fd);
    if (error > 0) errno = error;
    return error > 0;
}

// Of what keeps no boundaries; a packet is never cut.
bool is_stream(int fd) {
    struct stat st {};
    if (fstat(fd, &st) < 0) return false;
    if (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode)) return true;
    int type = 0;
    socklen_t size = sizeof type;
    return S_ISSOCK(st.st_mode) && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_STREAM;
}

// How much of SIZE is to be moved; none: it fails, and errno says how.
bool moves(const char* call, int fd, std::size_t& size) {
    const int error = verdict_on(call, fd);
    if (error > 0) errno = error;
    if (error == is_short && size > 1 && is_stream(fd)) size = 1;
    return error <= 0;
}

template <class F>
F* next(F*, const char* name) {
    return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

// Whoever lists a directory opens it too.
const char* opening(int flags) { return (flags & O_DIRECTORY) && !(flags & O_PATH) ? "opendir" : "open"; }

mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

} // namespace

// The real one, looked up once.
#define REAL(name) static auto* const real = next(&::name, #name)

extern "C" {

int open(const char* path, int flags, ...) {
    REAL(open);
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of(flags, arguments);
    va_end(arguments);
    return fails(opening(flags), path) ? -1 : real(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
    REAL(open64);
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of(flags, arguments);
    va_end(arguments);
    return fails(opening(flags), path) ? -1 : real(path, flags, mode);
}
int openat(int at, const char* path, int flags, ...) {
    REAL(openat);
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of(flags, arguments);
    va_end(arguments);
    return fails(opening(flags), path) ? -1 : real(at, path, flags, mode);
}
int openat64(int at, const char* path, int flags, ...) {
    REAL(openat64);
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of(flags, arguments);
    va_end(arguments);
    return fails(opening(flags), path) ? -1 : real(at, path, flags, mode);
}
FILE* fopen64(const char* path, const char* mode) {
    REAL(fopen64);
    return fails("open", path) ? nullptr : real(path, mode);
}
FILE* fopen(const char* path, const char* mode) {
    REAL(fopen);
    return fails("open", path) ? nullptr : real(path, mode);
}
DIR* opendir(const char* path) {
    REAL(opendir);
    return fails("opendir", path) ? nullptr : real(path);
}
int mkdir(const char* path, mode_t mode) {
    REAL(mkdir);
    return fails("mkdir", path) ? -1 : real(path, mode);
}
int rename(const char* from, const char* to) {
    REAL(rename);
    return fails("rename", to) ? -1 : real(from, to);
}
int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) {
    REAL(renameat2);
    return fails("rename", to) ? -1 : real(from_at, from, to_at, to, flags);
}

ssize_t read(int fd, void* to, size_t size) {
    REAL(read);
    return moves("read", fd, size) ? real(fd, to, size) : -1;
}
ssize_t pread(int fd, void* to, size_t size, off_t at) {
    REAL(pread);
    return moves("pread", fd, size) ? real(fd, to, size, at) : -1;
}
ssize_t pread64(int fd, void* to, size_t size, off64_t at) {
    REAL(pread64);
    return moves("pread", fd, size) ? real(fd, to, size, at) : -1;
}
ssize_t write(int fd, const void* from, size_t size) {
    REAL(write);
    return moves("write", fd, size) ? real(fd, from, size) : -1;
}
ssize_t pwrite(int fd, const void* from, size_t size, off_t at) {
    REAL(pwrite);
    return moves("pwrite", fd, size) ? real(fd, from, size, at) : -1;
}
ssize_t pwrite64(int fd, const void* from, size_t size, off64_t at) {
    REAL(pwrite64);
    return moves("pwrite", fd, size) ? real(fd, from, size, at) : -1;
}
int fsync(int fd) {
    REAL(fsync);
    return fails("fsync", fd) ? -1 : real(fd);
}
int fdatasync(int fd) {
    REAL(fdatasync);
    return fails("fsync", fd) ? -1 : real(fd);
}
int ftruncate(int fd, off_t size) noexcept {
    REAL(ftruncate);
    return fails("ftruncate", fd) ? -1 : real(fd, size);
}
int ftruncate64(int fd, off64_t size) noexcept {
    REAL(ftruncate64);
    return fails("ftruncate", fd) ? -1 : real(fd, size);
}
int flock(int fd, int operation) noexcept {
    REAL(flock);
    return fails("flock", fd) ? -1 : real(fd, operation);
}

ssize_t recv(int fd, void* to, size_t size, int flags) {
    REAL(recv);
    return moves("recv", fd, size) ? real(fd, to, size, flags) : -1;
}
ssize_t recvmsg(int fd, msghdr* message, int flags) {
    REAL(recvmsg);
    return fails("recvmsg") ? -1 : real(fd, message, flags);
}
ssize_t send(int fd, const void* from, size_t size, int flags) {
    REAL(send);
    return moves("send", fd, size) ? real(fd, from, size, flags) : -1;
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    REAL(sendmsg);
    return fails("sendmsg") ? -1 : real(fd, message, flags);
}
int socket(int domain, int type, int protocol) noexcept {
    REAL(socket);
    return fails("socket") ? -1 : real(domain, type, protocol);
}
int socketpair(int domain, int type, int protocol, int* ends) noexcept {
    REAL(socketpair);
    return fails("socketpair") ? -1 : real(domain, type, protocol, ends);
}
int connect(int fd, const sockaddr* to, socklen_t size) {
    REAL(connect);
    return fails("connect") ? -1 : real(fd, to, size);
}
int bind(int fd, const sockaddr* to, socklen_t size) noexcept {
    REAL(bind);
    return fails("bind") ? -1 : real(fd, to, size);
}
int accept4(int fd, sockaddr* from, socklen_t* size, int flags) {
    REAL(accept4);
    return fails("accept4") ? -1 : real(fd, from, size, flags);
}

int poll(pollfd* fds, nfds_t count, int timeout) {
    REAL(poll);
    return fails("poll") ? -1 : real(fds, count, timeout);
}
int epoll_create1(int flags) noexcept {
    REAL(epoll_create1);
    return fails("epoll_create1") ? -1 : real(flags);
}
int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
    REAL(epoll_ctl);
    if (operation == EPOLL_CTL_DEL) return real(epoll, operation, fd, event); // which needs no memory
    return fails("epoll_ctl") ? -1 : real(epoll, operation, fd, event);
}
int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
    REAL(epoll_wait);
    return fails("epoll_wait") ? -1 : real(epoll, events, most, timeout);
}
int signalfd(int fd, const sigset_t* mask, int flags) noexcept {
    REAL(signalfd);
    return fails("signalfd") ? -1 : real(fd, mask, flags);
}
int eventfd(unsigned initial, int flags) noexcept {
    REAL(eventfd);
    return fails("eventfd") ? -1 : real(initial, flags);
}
int memfd_create(const char* name, unsigned flags) noexcept {
    REAL(memfd_create);
    return fails("memfd_create", name) ? -1 : real(name, flags);
}
int pipe2(int* ends, int flags) noexcept {
    REAL(pipe2);
    return fails("pipe2") ? -1 : real(ends, flags);
}
int dup2(int from, int to) noexcept {
    REAL(dup2);
    return fails("dup2") ? -1 : real(from, to);
}
int dup3(int from, int to, int flags) noexcept {
    REAL(dup3);
    return fails("dup3") ? -1 : real(from, to, flags);
}
// All arguments are passed on as they are: each is at most one register.
int fcntl(int fd, int command, ...) {
    REAL(fcntl);
    va_list arguments;
    va_start(arguments, command);
    void* argument = va_arg(arguments, void*);
    va_end(arguments);
    if (command == F_DUPFD_CLOEXEC && fails("dupfd")) return -1;
    return real(fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
    REAL(fcntl64);
    va_list arguments;
    va_start(arguments, command);
    void* argument = va_arg(arguments, void*);
    va_end(arguments);
    if (command == F_DUPFD_CLOEXEC && fails("dupfd")) return -1;
    return real(fd, command, argument);
}
// Of what the program asks by number, only what makes a descriptor fails.
long syscall(long number, ...) noexcept {
    REAL(syscall);
    va_list arguments;
    va_start(arguments, number);
    long a[6];
    for (auto& argument : a) argument = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_pidfd_open && fails("pidfd_open")) return -1;
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

pid_t fork() noexcept {
    REAL(fork);
    return fails("fork") ? -1 : real();
}
int execve(const char* path, char* const* argv, char* const* env) noexcept {
    REAL(execve);
    return fails("execve", path) ? -1 : real(path, argv, env);
}
// The kernel interrupts none that does not wait.
pid_t waitpid(pid_t pid, int* status, int options) {
    REAL(waitpid);
    return !(options & WNOHANG) && fails("waitpid") ? -1 : real(pid, status, options);
}
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                   void* argument) noexcept {
    REAL(pthread_create);
    const int error = verdict("pthread_create");
    return error > 0 ? error : real(thread, attributes, body, argument);
}
int mlockall(int flags) noexcept {
    REAL(mlockall);
    return fails("mlockall") ? -1 : real(flags);
}
int mlock(const void* at, size_t size) noexcept {
    REAL(mlock);
    return fails("mlock") ? -1 : real(at, size);
}
void* mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
    REAL(mmap);
    return fails("mmap") ? MAP_FAILED : real(at, size, protection, flags, fd, offset);
}

void* mmap64(void* at, size_t size, int protection, int flags, int fd, off64_t offset) noexcept {
    REAL(mmap64);
    return fails("mmap") ? MAP_FAILED : real(at, size, protection, flags, fd, offset);
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
    REAL(clock_gettime);
    const int result = real(clock, now);
    if (control && clock == CLOCK_REALTIME) now->tv_sec += control->clock_off.load();
    return result;
}
time_t time(time_t* out) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(timeval* now, void*) noexcept {
    timespec fine{};
    clock_gettime(CLOCK_REALTIME, &fine);
    *now = {fine.tv_sec, fine.tv_nsec / 1000};
    return 0;
}

} // extern "C"
