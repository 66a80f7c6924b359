// SPDX-License-Identifier: Apache-2.0
#include "process/memory.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cstdio>
#include <memory>
#include <thread>

#include "fixture.hpp"

namespace dmev {
namespace {

// The result of TEST in a child, since what it does stays.
template <class F>
int in_child(F test) {
    const pid_t pid = fork();
    if (pid == 0) _exit(test());
    int status = -1;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Memory, OfAllMappingsThoseThatCanBeRead) {
    EXPECT_EQ(mappings("1000-2000 r--p 00000000 fe:01 12 /a b\n"
                       "2000-3000 r-xp 00001000 fe:01 12 /a b (deleted)\n"
                       "3000-4000 ---p 00000000 fe:01 12 /a b\n"
                       "4000-5000 rw-p 00000000 00:00 0\n"
                       "5000-6000 rw-p 00000000 00:00 0 [heap]\n"
                       "6000-7000 rw-p 00000000 fe:01 12 /a b\n"
                       "7000-8000 r--p 00000000 00:00 0 [vvar]\n"
                       "8000-9000 r-xp 00000000 00:00 0 [vdso]\n"
                       "7ff00-80000 rw-s 00000000 00:01 1025 /memfd:x (deleted)"),
              (std::vector<Mapping>{{0x1000, 0x2000, false, true, "/a b"},
                                    {0x2000, 0x3000, false, true, "/a b (deleted)"},
                                    {0x4000, 0x5000, true, false},
                                    {0x5000, 0x6000, true, false},
                                    {0x6000, 0x7000, true, true, "/a b"},
                                    {0x7ff00, 0x80000, true, true, "/memfd:x (deleted)"}}));
    for (const char* nonsense :
         {"", "\n\n", "r--p", "1000 r--p 0 0 1", "2000-1000 r--p 0 0:0 1 x", "x-y r 0 0 1"})
        EXPECT_TRUE(mappings(nonsense).empty()) << nonsense;
}

bool maps_locked(std::size_t bytes) {
    const auto before = status_kib("VmLck:");
    return mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED &&
           status_kib("VmLck:") - before >= static_cast<long>(bytes >> 10);
}

TEST(Memory, AllOfTheProgramIsLocked) {
    if (!locking_works()) return;
    EXPECT_EQ(in_child([] {
                  const auto locked = lock_memory();
                  if (!locked) return geteuid() == 0 ? 1 : 0; // it may lock a little, and then locks nothing
                  if (status_kib("VmLck:") * 1024 < static_cast<long>(*locked)) return 2;
                  if (!maps_locked(1 << 20)) return 3; // what comes later, too
                  return in_child([] { return status_kib("VmLck:") == 0 ? 0 : 4; });
              }),
              0);
}

TEST(Memory, OfWhatIsNotCalledAnyMoreOnlyWhatWasTouchedIsLocked) {
    if (!locking_works()) return;
    EXPECT_EQ(in_child([] {
                  const std::string_view unused[] = {"libstdc++.so"};
                  const auto all = lock_memory();
                  const auto less = munlockall() == 0 ? lock_memory(unused) : all;
                  if (!all || !less) return geteuid() == 0 ? 1 : 0;
                  return *all - *less > (1 << 20) ? 0 : 2; // the size of that library, at the least
              }),
              0);
}

// The smaps of the mapping that ADDRESS is in, in KiB: how much of it is there, and locked.
struct Held {
    long size = 0, there = 0;
    bool locked = false;
};
Held held(const void* address) {
    std::ifstream in{"/proc/self/smaps"};
    const auto at = reinterpret_cast<std::size_t>(address);
    Held held;
    bool found = false;
    for (std::string line; std::getline(in, line);) {
        std::size_t begin = 0, end = 0;
        if (std::sscanf(line.c_str(), "%zx-%zx ", &begin, &end) == 2) found = begin <= at && at < end;
        if (!found) continue;
        std::sscanf(line.c_str(), "Size: %ld", &held.size);
        std::sscanf(line.c_str(), "Rss: %ld", &held.there);
        if (line.starts_with("VmFlags:")) held.locked = line.find(" lo") != line.npos;
    }
    return held;
}

char in_data[64 << 10] = {1}; // more than what anything else here touches

TEST(Memory, WhoeverEndsWithTheOneThatHoldsTheFilesHoldsWhatItCanWrite) {
    if (!locking_works()) return;
    const auto heap = std::make_unique<char[]>(256 << 10);
    EXPECT_EQ(in_child([&] {
                  if (!lock_own_memory()) return geteuid() == 0 ? 1 : 0;
                  const auto data = held(in_data);
                  if (!data.locked || data.there != data.size) return 2; // also what was not touched
                  if (!held(heap.get()).locked || !held(&heap).locked) return 3;
                  if (held(reinterpret_cast<const void*>(&held)).locked) return 4; // the program's text
                  if (!maps_locked(1 << 20)) return 5;
                  return in_child([] { return status_kib("VmLck:") == 0 ? 0 : 6; });
              }),
              0);
}

TEST(Memory, WhereLockingHasABoundNothingIsLocked) {
    EXPECT_EQ(in_child([] {
                  const rlimit little{64 << 10, 64 << 10};
                  if (setrlimit(RLIMIT_MEMLOCK, &little) < 0) return 1;
                  if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0) return 2;
                  if (lock_memory() || lock_own_memory()) return 3;
                  return status_kib("VmLck:") == 0 ? 0 : 4;
              }),
              0);
}

TEST(Memory, ThreadsGetSmallStacks) {
    EXPECT_EQ(in_child([] {
                  use_small_stacks();
                  std::size_t size = 0;
                  std::thread{[&size] {
                      pthread_attr_t attributes;
                      pthread_getattr_np(pthread_self(), &attributes);
                      pthread_attr_getstacksize(&attributes, &size);
                      pthread_attr_destroy(&attributes);
                  }}.join();
                  return size >= (256 << 10) && size < (8 << 20) ? 0 : 1;
              }),
              0);
}

} // namespace
} // namespace dmev
