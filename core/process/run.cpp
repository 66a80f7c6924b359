// SPDX-License-Identifier: Apache-2.0
#include "process/run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/io.hpp"
#include "base/text.hpp"
#include "process/lvm_script.hpp"
#include "process/suspended_devices.hpp"

namespace dmev {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds drain_limit{200}; // for output that somebody else goes on writing
constexpr milliseconds kill_limit{1000}; // at least, for what was killed to be gone
constexpr milliseconds kill_again{50};   // who forks may outrun one look at the processes

Fd child_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    return Fd{signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

// A stopped process gets its SIGTERM when it goes on.
void signal_process(pid_t pid, int number) {
    kill(pid, number);
    if (number != SIGKILL) kill(pid, SIGCONT);
}

// So that no sum of times overflows.
milliseconds within_reason(milliseconds time) {
    return std::clamp<milliseconds>(time, milliseconds{0}, std::chrono::hours{24 * 365});
}

Ended not_started(const Failure& failure) {
    Ended ended;
    if (failure.step == Failure::Step::trust) {
        ended.how = Ended::How::refused;
        ended.why = failure.text;
        return ended;
    }
    ended.how = Ended::How::not_started;
    ended.status = failure.error;
    ended.why = "cannot " + std::string{text(failure.step)};
    return ended;
}

// Others wait for these processes too: their numbers may be given out again at any time.
void signal_safely(const ProcessId& process, int number) {
    const Fd pidfd{static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0))};
    if (!lives(process)) return;
    if (!pidfd) return signal_process(process.pid, number); // an old kernel, or no descriptor left
    syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0);
    if (number != SIGKILL) syscall(SYS_pidfd_send_signal, pidfd.get(), SIGCONT, nullptr, 0);
}

void signal_all(int number) {
    for (const auto& process : descendants(getpid())) signal_safely(process, number);
}

} // namespace

Run::Run(const rlimit& core, Tell tell) : core_(core), tell_(std::move(tell)) {}

void Run::prepare() {
    signals_ = child_signals(); // before there is a child that may end
    auto forked = StandIn::fork(core_);
    if (auto* stand_in = std::get_if<StandIn>(&forked)) stand_in_ = std::move(*stand_in);
}

void Run::learn(int order, int input) {
    order_ = order;
    input_ = input;
    if (stand_in_) stand_in_->learn(order, input);
}

void Run::stand_by(int order, const Program& program, int socket) {
    waiting_ = program;
    if (auto started = StandingBy::start(order, core_)) standing_by_.emplace(*std::move(started));
    const Fd parent{static_cast<int>(syscall(SYS_pidfd_open, getppid(), 0))};
    for (;;) {
        const auto its = standing_by_ ? standing_by_->watched()
                                      : std::array<pollfd, 3>{{{-1, 0, 0}, {-1, 0, 0}, {-1, 0, 0}}};
        pollfd watched[] = {{socket, POLLIN, 0},
                            {signals_.get(), POLLIN, 0},
                            {standing_by_ && parent ? parent.get() : -1, POLLIN, 0},
                            its[0],
                            its[1],
                            its[2]};
        if (uninterrupted([&] { return poll(watched, std::size(watched), -1); }) < 0 ||
            watched[0].revents != 0)
            return;
        if (watched[1].revents != 0) take_signals();
        if (standing_by_) standing_by_->look();
        if (standing_by_ && (watched[2].revents != 0 || standing_by_->who().pid == 0)) standing_by_.reset();
    }
}

// None: no process stands by that could run it.
std::optional<Child> Run::start_unless_waited_for(std::optional<std::uint32_t> guard) {
    if (!standing_by_ || !stand_in_ || guard || !may_run(waiting_, program_) || !standing_by_->ready()) {
        standing_by_.reset();
        return std::nullopt;
    }
    return std::move(*std::exchange(stand_in_, std::nullopt)).go_unless(standing_by_->who());
}

// One that was there, or that is forked now.
std::variant<Child, Failure> Run::start(std::optional<std::uint32_t> guard) {
    if (auto child = start_unless_waited_for(guard)) return *std::move(child);
    if (auto stand_in = std::exchange(stand_in_, std::nullopt))
        if (auto child = std::move(*stand_in).go(guard)) return *std::move(child);
    auto forked = StandIn::fork(core_);
    if (const auto* failure = std::get_if<Failure>(&forked)) return *failure;
    auto& stand_in = std::get<StandIn>(forked);
    stand_in.learn(order_, input_);
    auto child = std::move(stand_in).go(guard);
    if (!child) return Failure{Failure::Step::process, errno, {}};
    return *std::move(child);
}

// At once: whoever hears of it can wait for it, should we be killed.
void Run::tell_of(pid_t pid) {
    if (const auto stat = stat_of(pid)) tell_(Started{{pid, stat->start}});
}

void Run::begin(Child&& child) {
    pid_ = child.pid;
    output_.emplace(std::move(child.output));
    report_ = std::move(child.report);
}

// The stand-in has looked, and is gone. Once the line is written nothing else is started; before, anything
// may be.
void Run::hand_over() {
    status_.reset();
    if (standing_by_ && standing_by_->ready()) {
        tell_of(standing_by_->who().pid);
        if (auto child = std::move(*standing_by_).commit(*lvm_line(program_.argv)))
            return begin(*std::move(child));
    }
    standing_by_.reset();
    auto started = start(std::nullopt);
    if (auto* child = std::get_if<Child>(&started)) {
        tell_of(child->pid);
        return begin(std::move(*child));
    }
    failure_ = std::get<Failure>(started);
    status_ = 0;
}

Ended Run::go(const Program& program, std::optional<std::uint32_t> guard) {
    program_ = program;
    if (!signals_) signals_ = child_signals();
    if (!signals_) return not_started({Failure::Step::process, errno, {}});
    auto started = start(guard);
    if (const auto* failure = std::get_if<Failure>(&started)) return not_started(*failure);
    tell_of(std::get<Child>(started).pid);
    begin(std::get<Child>(std::move(started)));
    begin_ = Clock::now();
    deadline_ = begin_ + within_reason(program_.timeout);

    while (!status_ && !hung_) {
        wait(patience_ == Patience::endless ? Clock::time_point::max() : deadline_);
        if (!status_ && patience_ != Patience::endless && Clock::now() >= deadline_) pass_deadline();
    }
    return conclude();
}

void Run::wait(Clock::time_point until) {
    int timeout = -1;
    if (until != Clock::time_point::max()) {
        const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
        timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
    }
    pollfd watched[] = {{signals_.get(), POLLIN, 0},
                        {output_->open() ? output_->fd() : -1, POLLIN, 0},
                        {report_ ? report_.get() : -1, POLLIN, 0}};
    if (poll(watched, std::size(watched), timeout) <= 0) return;
    if (watched[1].revents != 0) output_->take();
    if (watched[2].revents != 0) take_report();
    if (watched[0].revents != 0) take_signals();
    // What it said before its end.
    pollfd said{report_ ? report_.get() : -1, POLLIN, 0};
    if (status_ && uninterrupted([&] { return poll(&said, 1, 0); }) == 1) take_report();
}

void Run::take_signals() {
    signalfd_siginfo info;
    while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    }
    reap();
}

void Run::reap() {
    int status = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == pid_) status_ = status;
        if (standing_by_ && pid == standing_by_->who().pid) standing_by_->ended();
    }
    alone_ = pid < 0 && errno == ECHILD;
}

void Run::take_report() {
    const auto said = read_testimony(report_.get());
    report_.reset();
    if (said && said->what == Testimony::What::failed) failure_ = said->failure;
    if (said && said->what == Testimony::What::leaves) hand_over();
}

void Run::pass_deadline() {
    if (!program_.interruptible) {
        patience_ = Patience::endless;
        tell_(Overdue{std::chrono::duration_cast<milliseconds>(Clock::now() - begin_)});
        return;
    }
    timed_out_ = true;
    switch (patience_) {
        case Patience::whole:
            patience_ = Patience::terminated;
            deadline_ = Clock::now() + within_reason(program_.grace);
            signal_group(SIGTERM);
            break;
        case Patience::terminated:
            patience_ = Patience::killed;
            deadline_ = Clock::now() + std::max(within_reason(program_.grace), kill_limit);
            signal_group(SIGKILL);
            signal_all(SIGKILL);
            break;
        default: hung_ = true;
    }
}

void Run::signal_group(int number) const {
    signal_process(pid_, number); // it may not lead a group yet
    signal_process(-pid_, number);
}

void Run::drain() {
    const auto until = Clock::now() + drain_limit;
    while (output_->take() && Clock::now() < until) {
    }
}

bool Run::wait_until_alone(Clock::time_point until) {
    for (reap(); !alone_ && Clock::now() < until;) wait(until);
    return alone_;
}

// What is left of an interruptible program has no right to stay; what to say of it.
std::string Run::end_leftovers() {
    reap();
    if (alone_) return "";
    const auto count = descendants(getpid()).size();
    signal_all(SIGTERM);
    if (!wait_until_alone(Clock::now() + within_reason(program_.grace))) {
        const auto until = Clock::now() + std::max(within_reason(program_.grace), kill_limit);
        do signal_all(SIGKILL);
        while (!wait_until_alone(Clock::now() + kill_again) && Clock::now() < until);
    }
    if (count == 0) return "";
    return fmt::format("it left {} process{} behind{}", count, count == 1 ? "" : "es",
                       alone_ ? ", ended now" : ", and not all can be killed");
}

Ended Run::conclude() {
    Ended ended;
    if (failure_) ended = not_started(*failure_);
    ended.duration = std::chrono::duration_cast<milliseconds>(Clock::now() - begin_);
    ended.timed_out = timed_out_;
    drain();
    ended.output = output_->tail();
    ended.output_bytes = output_->bytes();
    output_->close();
    if (failure_) return ended;
    if (hung_) {
        ended.how = Ended::How::lost;
        ended.stuck = true;
        ended.why = "it does not die: it hangs in the kernel";
    } else {
        ended.how = WIFEXITED(*status_) ? Ended::How::exited : Ended::How::signalled;
        ended.status = WIFEXITED(*status_) ? WEXITSTATUS(*status_) : WTERMSIG(*status_);
        if (program_.interruptible) ended.why = end_leftovers();
    }
    const bool failed = ended.how != Ended::How::exited || (!program_.interruptible && ended.status != 0);
    if (failed || timed_out_) ended.suspended = suspended_devices();
    return ended;
}

void Run::wait_for_hung() {
    while (!status_) wait(Clock::time_point::max());
}

} // namespace dmev
