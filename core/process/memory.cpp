// SPDX-License-Identifier: Apache-2.0
#include "process/memory.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>

#include "base/fd.hpp"

namespace dmev {
namespace {

constexpr std::size_t stack_in_use = 64 << 10; // of the main thread; what its deepest calls take, and more
constexpr std::size_t stack_of_threads = 512 << 10, most_of_a_stack = 16 << 20;

bool can_start_thread() {
    pthread_t thread;
    const auto nothing = [](void* none) { return none; };
    return pthread_create(&thread, nullptr, nothing, nullptr) == 0 && pthread_join(thread, nullptr) == 0;
}

std::string read_all(const char* path) {
    std::string text;
    const Fd fd{open(path, O_RDONLY | O_CLOEXEC)};
    char buffer[4096];
    for (;;) {
        const auto n = fd ? read(fd.get(), buffer, sizeof buffer) : 0;
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(n));
    }
}

// Whether locking has no bound. With one, what is mapped later would fail where it does not today.
bool may_lock_all() {
    rlimit limit{};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY) return true;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    if (syscall(SYS_capget, &header, data) < 0) return false;
    return (data[CAP_IPC_LOCK / 32].effective & (1U << CAP_IPC_LOCK % 32)) != 0;
}

[[gnu::noinline]] void touch_stack() {
    volatile char stack[stack_in_use];
    for (std::size_t i = 0; i < sizeof stack; i += 1024) stack[i] = 0;
}

// The next word of LINE.
std::string_view word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto taken = line.substr(0, line.find(' '));
    line.remove_prefix(taken.size());
    return taken;
}

std::size_t address(std::string_view hex) {
    std::size_t value = 0;
    std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
    return value;
}

Error failed(int error) { return errno_error("cannot keep the program in memory", "", error); }

constexpr unsigned at_once = 0;
int lock(const Mapping& mapping, unsigned how) {
    return mlock2(reinterpret_cast<const void*>(mapping.begin), mapping.end - mapping.begin, how);
}

bool is_of(const Mapping& mapping, std::span<const std::string_view> files) {
    const auto name = std::string_view{mapping.path}.substr(mapping.path.rfind('/') + 1);
    return std::any_of(files.begin(), files.end(), [&](auto file) { return name.starts_with(file); });
}

std::vector<Mapping> own_mappings() { return mappings(read_all("/proc/self/maps")); }

} // namespace

// "7f00-7f01 r-xp 00000000 fe:01 1234   /usr/lib/libc.so.6"
std::vector<Mapping> mappings(std::string_view maps) {
    std::vector<Mapping> list;
    while (!maps.empty()) {
        auto line = maps.substr(0, maps.find('\n'));
        maps.remove_prefix(std::min(line.size() + 1, maps.size()));
        const auto range = word(line), rights = word(line);
        word(line); // the offset
        word(line); // the device
        const auto inode = word(line);
        const auto name = line.substr(std::min(line.find_first_not_of(' '), line.size()));
        const auto dash = range.find('-');
        if (dash == range.npos || !rights.starts_with('r') || inode.empty() || name.starts_with("[v"))
            continue;
        const Mapping mapping{address(range.substr(0, dash)), address(range.substr(dash + 1)),
                              rights.starts_with("rw"), inode != "0", inode != "0" ? std::string{name} : ""};
        if (mapping.begin < mapping.end) list.push_back(mapping);
    }
    return list;
}

Result<std::size_t> lock_memory(std::span<const std::string_view> unused) {
    if (!may_lock_all()) return failed(EPERM);
    malloc_trim(0); // of what the start took and gave back; locked pages never go
    touch_stack();
    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0) return failed(errno);
    std::size_t bytes = 0;
    // Locked once more, without waiting for the first touch: that is what may come when the disk is gone.
    for (const auto& mapping : own_mappings())
        if (mapping.file && !is_of(mapping, unused)) {
            if (lock(mapping, at_once) < 0) return failed(errno);
            bytes += mapping.end - mapping.begin;
        }
    return bytes;
}

// Files' pages that can be written are read now: who holds the files has copies of these, and the pages
// themselves may go.
Result<> lock_own_memory() {
    if (!may_lock_all()) return failed(EPERM);
    touch_stack();
    if (mlockall(MCL_FUTURE | MCL_ONFAULT) < 0) return failed(errno);
    for (const auto& mapping : own_mappings())
        if (mapping.writable && lock(mapping, mapping.file ? at_once : MLOCK_ONFAULT) < 0)
            return failed(errno);
    return {};
}

void stay_when_memory_runs_out() {
    if (geteuid() != 0 || std::getenv("INVOCATION_ID")) return;
    if (const Fd score{open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)}) [[maybe_unused]]
        const auto n = write(score.get(), "-1000", 5);
}

void use_small_stacks() {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return;
    // What libraries keep for each thread is in it too, and may be more than all that we want.
    for (auto size = stack_of_threads; size <= most_of_a_stack; size *= 2)
        if (pthread_attr_setstacksize(&attributes, size) == 0 &&
            pthread_setattr_default_np(&attributes) == 0 && can_start_thread())
            break;
    pthread_attr_destroy(&attributes);
    mallopt(M_ARENA_MAX, 1); // each further one would be 64 MiB of locked address space
}

} // namespace dmev
