// SPDX-License-Identifier: Apache-2.0
#include "store/own_thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <memory>

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define DMEVENT_ONE_TABLE true
#endif
#elif defined(__SANITIZE_THREAD__)
#define DMEVENT_ONE_TABLE true
#endif
#ifndef DMEVENT_ONE_TABLE
#define DMEVENT_ONE_TABLE false
#endif

namespace dmev {
namespace {

// Enough for SQLite and a callback; sanitizers need more than the minimum.
constexpr std::size_t kStack = 512 << 10;
// That sanitizer believes that a descriptor is the same in every thread.
constexpr bool kOneTable = DMEVENT_ONE_TABLE;

struct Start {
    std::function<void()> body;
    int keep;
};

// Without close_range() (Linux 5.9) the table stays shared: copies of all descriptors would be worse.
void take_own_descriptors(int keep) {
    constexpr unsigned first = STDERR_FILENO + 1, none = ~0U;
    if (kOneTable || close_range(none, none, 0) != 0 || unshare(CLONE_FILES) != 0) return;
    const auto kept = static_cast<unsigned>(keep);
    if (kept > first) close_range(first, kept - 1, 0);
    close_range(kept + 1, none, 0);
}

void* thread_main(void* argument) {
    const std::unique_ptr<Start> start{static_cast<Start*>(argument)};
    take_own_descriptors(start->keep);
    start->body();
    return nullptr;
}

} // namespace

int start_own_thread(std::function<void()> body, int keep) {
    auto start = std::make_unique<Start>(Start{std::move(body), keep});
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStack);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    const int error = pthread_create(&thread, &attributes, thread_main, start.get());
    if (error == 0) static_cast<void>(start.release());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
    return error;
}

} // namespace dmev
