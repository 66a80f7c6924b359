// SPDX-License-Identifier: Apache-2.0
#include "process/shepherd.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/io.hpp"
#include "base/text.hpp"
#include "process/job_files.hpp"
#include "process/run.hpp"

namespace dmev {
namespace {

struct Received {
    Order order;
    Fd input;
};

// Waits until the dispatcher has sent an order, or is gone.
std::optional<Received> receive_order(int socket) {
    char nothing;
    iovec data{&nothing, 1};
    int files[2] = {-1, -1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof files)] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const auto n = uninterrupted([&] { return recvmsg(socket, &message, MSG_CMSG_CLOEXEC); });
    const auto* header = CMSG_FIRSTHDR(&message);
    if (n != 1 || !header || header->cmsg_len != CMSG_LEN(sizeof files)) return std::nullopt;
    std::memcpy(files, CMSG_DATA(header), sizeof files);
    const Fd order_file{files[0]};
    Fd input{files[1]};

    struct stat st {};
    if (fstat(order_file.get(), &st) < 0 || st.st_size > static_cast<off_t>(max_order)) return std::nullopt;
    const auto bytes = read_whole(order_file.get(), static_cast<std::size_t>(st.st_size));
    if (!bytes) return std::nullopt;
    auto order = decode_order(*bytes);
    if (!order || order->program.argv.empty()) return std::nullopt;
    return Received{*std::move(order), std::move(input)};
}

// Refuses, or puts another command in PROGRAM where a guard says so: then MANAGED_BY is its name.
std::optional<Ended> ask_guards(Program& program, Launcher::Guard guard, std::string& managed_by) {
    Ended refused;
    refused.how = Ended::How::refused;
    for (const auto& asked : program.guards) {
        if (!guard) {
            refused.why = escape(asked.who) + " cannot be asked";
            return refused;
        }
        if (!guard(asked.who, asked.about)) continue;
        if (asked.instead.empty()) {
            refused.why = escape(asked.who) + " manages the device";
            return refused;
        }
        managed_by = asked.who;
        program.argv = asked.instead;
        return std::nullopt;
    }
    return std::nullopt;
}

void add_why(Ended& ended, const std::string& why) { ended.why += (ended.why.empty() ? "" : "; ") + why; }

// A dispatcher that is gone, or stopped, is no reason to wait for it.
void tell(int socket, const Report& report) {
    const auto bytes = encode(report);
    uninterrupted([&] { return send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT); });
}

} // namespace

int shepherd_main(int socket, const ShepherdSetup& setup) {
    // Whoever waits for the end of our standard error (a pipe, a terminal) must not wait for the program too.
    if (const Fd null{open("/dev/null", O_WRONLY | O_CLOEXEC)}) dup2(null.get(), STDERR_FILENO);
    // Where that is allowed: without it nobody sees the program's end.
    if (const Fd score{open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)}) [[maybe_unused]]
        const auto n = write(score.get(), "-1000", 5);
    setsid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    auto received = receive_order(socket);
    if (!received) return 1;
    auto& order = received->order;

    const JobFiles files{order.jobs};
    Fd job;
    std::string unkept;
    if (!order.jobs.empty()) {
        auto kept = files.keep(order);
        if (kept && !*kept) return 0; // a successor does it instead
        if (kept)
            job = *std::move(kept);
        else // what it does matters more than that a successor can find it
            unkept = kept.error().text();
    }

    std::string managed_by;
    auto ended = ask_guards(order.program, setup.guard, managed_by);
    Run run{order.program, received->input.get(), setup.core,
            [socket](const Report& report) { tell(socket, report); }};
    if (!ended) {
        ended = run.go();
        ended->managed_by = managed_by;
    }
    if (!unkept.empty()) add_why(*ended, unkept);
    if (job)
        if (auto left = files.leave(order.id, *ended); !left) add_why(*ended, left.error().text());
    tell(socket, *ended);
    if (run.hung()) run.wait_for_hung();
    return 0;
}

} // namespace dmev
