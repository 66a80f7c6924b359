// SPDX-License-Identifier: Apache-2.0
#include "process/memory.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

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

TEST(Memory, OfAllMappingsThoseOfFiles) {
    EXPECT_EQ(file_mappings("1000-2000 r--p 00000000 fe:01 12 /a b\n"
                            "2000-3000 r-xp 00001000 fe:01 12 /a b (deleted)\n"
                            "3000-4000 ---p 00000000 fe:01 12 /a b\n"
                            "4000-5000 rw-p 00000000 00:00 0\n"
                            "5000-6000 rw-p 00000000 00:00 0 [heap]\n"
                            "7ff-800 rw-s 00000000 00:01 1025 /memfd:x (deleted)"),
              (std::vector<Mapping>{{0x1000, 0x2000}, {0x2000, 0x3000}, {0x7ff, 0x800}}));
    for (const char* nonsense :
         {"", "\n\n", "r--p", "1000 r--p 0 0 1", "2000-1000 r--p 0 0:0 1 x", "x-y r 0 0 1"})
        EXPECT_TRUE(file_mappings(nonsense).empty()) << nonsense;
}

TEST(Memory, AllOfTheProgramIsLocked) {
    if (!locking_works()) return;
    EXPECT_EQ(in_child([] {
                  const auto locked = lock_memory();
                  if (!locked) return geteuid() == 0 ? 1 : 0; // it may lock a little, and then locks nothing
                  if (status_kib("VmLck:") * 1024 < static_cast<long>(*locked)) return 2;
                  const auto before = status_kib("VmLck:");
                  if (mmap(nullptr, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
                      return 3;
                  if (status_kib("VmLck:") - before < 1024) return 4; // what comes later, too
                  return in_child([] { return status_kib("VmLck:") == 0 ? 0 : 5; });
              }),
              0);
}

TEST(Memory, WhereLockingHasABoundNothingIsLocked) {
    EXPECT_EQ(in_child([] {
                  const rlimit little{64 << 10, 64 << 10};
                  if (setrlimit(RLIMIT_MEMLOCK, &little) < 0) return 1;
                  if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0) return 2;
                  if (lock_memory()) return 3;
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
