// SPDX-License-Identifier: Apache-2.0
// What runs in the signal handler allocates nothing, takes no lock and calls only what is safe there. The
// line goes out in one write to a file that is open already, so that a plugin that used up memory, stack or
// descriptors is named all the same.
#include "plugin/crash_note.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "base/io.hpp"
#include "plugin/plugin.hpp"

namespace dmev {
namespace {

struct Fatal {
    int number;
    const char* name;
    struct sigaction before;
};

// A handler is given nothing but the signal, so that what it needs can only be here.
Fatal fatal[] = {{SIGSEGV, "SIGSEGV", {}}, {SIGBUS, "SIGBUS", {}},   {SIGFPE, "SIGFPE", {}},
                 {SIGILL, "SIGILL", {}},   {SIGTRAP, "SIGTRAP", {}}, {SIGABRT, "SIGABRT", {}},
                 {SIGSYS, "SIGSYS", {}}};
std::atomic<const PluginCall*> under_way{nullptr};
std::atomic<int> note_file{-1};
std::atomic<pthread_t> caller{};
static_assert(std::atomic<const PluginCall*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

// A line put together without allocating; what does not fit is left out.
class Line {
 public:
    void add(std::string_view text) {
        const auto n = std::min(text.size(), sizeof text_ - size_);
        std::copy_n(text.data(), n, text_ + size_);
        size_ += n;
    }
    void add_number(std::uint64_t number) {
        char digits[20];
        auto at = std::size(digits);
        do digits[--at] = static_cast<char>('0' + number % 10);
        while ((number /= 10) != 0);
        add({digits + at, std::size(digits) - at});
    }
    // The first bytes of VALUE, each that is not plain ASCII as if it were Latin-1.
    void add_member(std::string_view name, std::string_view value) {
        constexpr std::size_t kLongest = 200;
        constexpr char kHex[] = "0123456789abcdef";
        add(",\"");
        add(name);
        add("\":\"");
        for (const char c : value.substr(0, kLongest)) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
                add({&c, 1});
            } else {
                const char escaped[] = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
                add({escaped, sizeof escaped});
            }
        }
        add("\"");
    }
    std::string_view text() const { return {text_, size_}; }

 private:
    char text_[8192];
    std::size_t size_ = 0;
};

// END: a signal's name, or "exit".
void leave_note(const PluginCall& call, const char* end) {
    Line line;
    line.add("{");
    line.add(call.plugin);
    line.add_member("end", end);
    line.add_member("call", call.function);
    line.add(",\"at\":");
    line.add_number(static_cast<std::uint64_t>(std::max<time_t>(time(nullptr), 0)));
    if (const auto* target = call.target) {
        line.add_member("device", target->device->name);
        line.add_member("target", target->type);
        line.add_member("status", target->status);
    }
    line.add("}\n");
    const auto text = line.text();
    [[maybe_unused]] const auto ignored = write(note_file, text.data(), text.size());
}

// The call that END interrupts, and no longer under way: should the note itself crash, there is no second.
const PluginCall* interrupted() {
    const auto* call = under_way.exchange(nullptr);
    return call && call->plugin && note_file >= 0 ? call : nullptr;
}

void on_fatal(int number, siginfo_t* info, void*) {
    const int saved = errno;
    auto* const signal =
        std::find_if(std::begin(fatal), std::end(fatal), [&](const Fatal& f) { return f.number == number; });
    // First, so that whatever happens from here on ends the program as it would have without us.
    sigaction(number, &signal->before, nullptr);
    // A fault of another thread is none of the plugin's; what a supervisor sends may be taken by any thread.
    if (pthread_equal(pthread_self(), caller) || info->si_code == SI_USER)
        if (const auto* call = interrupted()) leave_note(*call, signal->name);
    errno = saved;
    // What the processor refused it refuses again as soon as we return, with its registers as they were; what
    // was sent has to be sent again, and comes when we return.
    if (info->si_code <= 0) raise(number);
}

void leave_note_at_exit() {
    if (!pthread_equal(pthread_self(), caller)) return;
    if (const auto* call = interrupted()) leave_note(*call, "exit");
}

Result<> give_handlers_a_stack() {
    const auto size = std::max<std::size_t>(static_cast<std::size_t>(sysconf(_SC_SIGSTKSZ)), 64u << 10);
    void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return errno_error("cannot make a stack for signals", "", errno);
    stack_t stack{};
    stack.ss_sp = memory;
    stack.ss_size = size;
    if (sigaltstack(&stack, nullptr) != 0) return errno_error("cannot set a stack for signals", "", errno);
    return {};
}

Result<> install() {
    if (auto r = give_handlers_a_stack(); !r) return r;
    std::atexit(leave_note_at_exit);
    struct sigaction action {};
    action.sa_sigaction = on_fatal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    for (auto& signal : fatal)
        if (sigaction(signal.number, &action, &signal.before) != 0)
            return errno_error("cannot handle", signal.name, errno);
    return {};
}

} // namespace

CallUnderWay::CallUnderWay(const PluginCall& call) {
    under_way.store(&call, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

CallUnderWay::~CallUnderWay() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    under_way.store(nullptr, std::memory_order_relaxed);
}

Result<> note_crashes(const std::string& file) {
    const int fd = uninterrupted(
        [&] { return open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600); });
    if (fd < 0) return errno_error("cannot keep crashes of plugins in", file, errno);
    const bool first = caller.load() == pthread_t{};
    caller = pthread_self();
    if (const int before = note_file.exchange(fd); before >= 0) close(before);
    return first ? install() : Result<>{};
}

} // namespace dmev
