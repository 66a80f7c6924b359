// SPDX-License-Identifier: Apache-2.0
#include "process/shepherd.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/io.hpp"
#include "base/text.hpp"
#include "process/descriptors.hpp"
#include "process/job_files.hpp"
#include "process/order_file.hpp"
#include "process/run.hpp"

namespace dmev {
namespace {

// Refuses, or says in GUARDED which of the program's guards has the command to run instead.
std::optional<Ended> ask_guards(const Program& program, Launcher::Guard guard,
                                std::optional<std::uint32_t>& guarded) {
    Ended refused;
    refused.how = Ended::How::refused;
    for (std::uint32_t number = 0; number < program.guards.size(); ++number) {
        const auto& asked = program.guards[number];
        if (!guard) {
            refused.why = escape(asked.who) + " cannot be asked";
            return refused;
        }
        if (!guard(asked.who, asked.about)) continue;
        if (asked.instead.empty()) {
            refused.why = escape(asked.who) + " manages the device";
            return refused;
        }
        guarded = number;
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

// Until there is an order, with what the one before it says. False: whoever would give it is gone.
bool stand_by(Run& run, int socket) {
    const auto files = take_descriptors<2>(socket);
    const auto order = files ? read_order((*files)[0].get()) : std::nullopt;
    if (order) run.stand_by((*files)[0].get(), order->program, socket);
    return order.has_value();
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
    const auto self = own_process_id();
    rehearse_until(socket);
    Run run{setup.core, [socket](const Report& report) { tell(socket, report); }};
    run.prepare();
    if (setup.stands_by && !stand_by(run, socket)) return 1;
    const auto files_of_order = take_descriptors<2>(socket);
    if (!files_of_order) return 1;
    const auto& [order_file, input] = *files_of_order;
    run.learn(order_file.get(), input.get());
    const auto received = read_order(order_file.get());
    if (!received) return 1;
    const auto& order = *received;

    const JobFiles files{order.jobs};
    Fd job;
    std::string unkept;
    if (!order.jobs.empty()) {
        auto kept = files.keep(order, self);
        if (kept && !*kept) return 0; // a successor does it instead
        if (kept)
            job = *std::move(kept);
        else // what it does matters more than that a successor can find it
            unkept = kept.error().text();
    }

    std::optional<std::uint32_t> guarded;
    auto ended = ask_guards(order.program, setup.guard, guarded);
    if (!ended) {
        ended = run.go(order.program, guarded);
        if (guarded) ended->managed_by = order.program.guards[*guarded].who;
    }
    if (!unkept.empty()) add_why(*ended, unkept);
    if (job)
        if (auto left = files.leave(order.id, *ended); !left) add_why(*ended, left.error().text());
    tell(socket, *ended);
    if (run.hung()) run.wait_for_hung();
    return 0;
}

} // namespace dmev
