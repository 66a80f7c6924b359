// SPDX-License-Identifier: Apache-2.0
// Ways to end the program from within a call, one for each word of the status. "loops FD" tells by a byte
// that it is at it. At any other word it behaves.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "zoo.hpp"

namespace {

void write_where_nothing_is() {
    void* const nothing = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<volatile char*>(nothing) = 1;
}

// Returns something of its frame, so that no compiler makes a loop of it.
int recurse(volatile int* outer) { // NOLINT(misc-no-recursion)
    volatile int frame[256];
    frame[0] = outer ? *outer + 1 : 0;
    return frame[0] < 0 ? 0 : recurse(frame) + frame[0]; // never negative, which no compiler knows
}

void throw_one() { throw std::runtime_error("not so quiet"); }
void throw_where_none_may() noexcept { throw_one(); }

void use_up_descriptors() {
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) {
    }
}

void loop(int told) {
    [[maybe_unused]] const auto ignored = write(told, "!", 1);
    for (volatile bool on = true; on;) {
    }
}

dmevent_result look(const dmevent_target*, const dmevent_target* now, const dmevent_say* say) {
    dmevent::Words words{now->status};
    const auto word = words.word();
    if (word == "segfaults") write_where_nothing_is();
    if (word == "recurses") recurse(nullptr);
    if (word == "aborts") std::abort();
    if (word == "divides") raise(SIGFPE);
    if (word == "misreads") raise(SIGBUS);
    if (word == "traps") raise(SIGILL);
    if (word == "terminates") throw_where_none_may();
    if (word == "leaves") pthread_exit(nullptr);
    if (word == "exits") std::exit(3);
    if (word == "exits_at_once") _exit(4);
    if (word == "starves") use_up_descriptors(), std::abort();
    if (word == "loops") loop(static_cast<int>(words.number()));
    dmevent::Say{say}.condition(0, word == "low");
    return DMEVENT_OK;
}

} // namespace

ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.look = look; }));
