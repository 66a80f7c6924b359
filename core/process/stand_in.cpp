// SPDX-License-Identifier: Apache-2.0
#include "process/stand_in.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "base/io.hpp"
#include "process/descriptors.hpp"
#include "process/job_files.hpp"
#include "process/order_file.hpp"
#include "process/program_files.hpp"

namespace dmev {
namespace {

constexpr int report_fd = 3, socket_fd = 4; // closed by the exec

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

[[noreturn]] void fail(int report, Failure::Step step) {
    const Failure failure{step, errno, {}};
    [[maybe_unused]] const auto n = write(report, &failure, sizeof failure);
    _exit(127);
}

// Leaves 0, 1 and 2 open, and REPORT and SOCKET under their numbers.
void set_streams(int output, int report, int socket) {
    const int null = uninterrupted([] { return open("/dev/null", O_RDONLY | O_CLOEXEC); });
    int high[] = {null, output, report, socket};
    for (int& fd : high)
        if ((fd = fcntl(fd, F_DUPFD_CLOEXEC, 10)) < 0) fail(report, Failure::Step::streams);
    if (dup2(high[0], 0) < 0 || dup2(high[1], 1) < 0 || dup2(high[1], 2) < 0 ||
        dup3(high[3], socket_fd, O_CLOEXEC) < 0 || dup3(high[2], report_fd, O_CLOEXEC) < 0)
        fail(high[2], Failure::Step::streams);
    closefrom(socket_fd + 1);
}

// What may need rights that we lack is tried, and then left as it is.
void set_surroundings() {
    umask(022);
    const sched_param no_priority{};
    sched_setscheduler(0, SCHED_OTHER, &no_priority);
    constexpr int io_of_process = 1, io_class_none = 0; // IOPRIO_*: as the nice value says
    syscall(SYS_ioprio_set, io_of_process, 0, io_class_none);
    setpriority(PRIO_PROCESS, 0, 0);
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = std::min<rlim_t>(1024, files.rlim_max);
        setrlimit(RLIMIT_NOFILE, &files);
    }
    for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

// What the program gets that we must not have while we wait for it.
void show(const rlimit& core) {
    prctl(PR_SET_DUMPABLE, 1); // as the exec would; without it our /proc/self is root's
    if (const Fd score{open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)}) [[maybe_unused]]
        const auto n = write(score.get(), "0", 1);
    setrlimit(RLIMIT_CORE, &core);
}

// Here, between fork and exec, since it may hang where the exec would: then the timeout counts already. A
// program that cannot be followed is left to the exec to refuse.
void check_trust(const Program& program) {
    errno = 0;
    const auto files =
        program_files(program.argv[0], trusted_with(program.as_self ? geteuid() : program.uid));
    // But what could not be looked at for want of something is not trusted for that.
    if (!files && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        fail(report_fd, Failure::Step::execute);
    if (files || files.error().kind != ErrorKind::not_permitted) return;
    Failure failure{Failure::Step::trust, EPERM, {}};
    auto text = files.error().why + "; " + files.error().remedy;
    text.copy(failure.text, sizeof failure.text - 1);
    [[maybe_unused]] const auto n = write(report_fd, &failure, sizeof failure);
    _exit(127);
}

void set_rights(const Program& program) {
    if (program.as_self) return;
    if (setgroups(program.groups.size(), program.groups.data()) < 0) fail(report_fd, Failure::Step::groups);
    if (setresgid(program.gid, program.gid, program.gid) < 0) fail(report_fd, Failure::Step::group);
    if (setresuid(program.uid, program.uid, program.uid) < 0) fail(report_fd, Failure::Step::user);
}

// What to become; who is gone wants nothing.
Program await_program() {
    const auto files = take_descriptors<2>(socket_fd);
    if (!files) _exit(0);
    auto order = read_order((*files)[0].get());
    std::int32_t guard = 0;
    const auto take_word = [&] { return recv(socket_fd, &guard, sizeof guard, 0); };
    if (!order || uninterrupted(take_word) != sizeof guard) _exit(0);
    auto program = std::move(order->program);
    if (guard >= 0) program.argv = program.guards.at(static_cast<std::size_t>(guard)).instead;
    if (dup2((*files)[1].get(), 0) < 0) fail(report_fd, Failure::Step::streams);
    return program;
}

[[noreturn]] void stand_in(int output, int report, int socket, const rlimit& core) {
    if (setsid() < 0) fail(report, Failure::Step::session);
    set_streams(output, report, socket);
    if (chdir("/") < 0) fail(report_fd, Failure::Step::directory);
    set_surroundings();
    rehearse();
    auto program = await_program();
    show(core);
    // Who has lost the reader of its output must not die of that with a device suspended.
    if (!program.interruptible) signal(SIGPIPE, SIG_IGN);
    check_trust(program);
    set_rights(program);
    std::vector<std::string> env;
    for (const auto& [name, value] : program.env) env.emplace_back(name).append("=").append(value);
    execve(program.argv[0].c_str(), pointers(program.argv).data(), pointers(env).data());
    fail(report_fd, Failure::Step::execute);
}

} // namespace

std::variant<StandIn, Failure> StandIn::fork(const rlimit& core) {
    const auto failed = [](int error) { return Failure{Failure::Step::process, error, {}}; };
    int output[2], report[2], ends[2];
    if (pipe2(output, O_CLOEXEC) < 0) return failed(errno);
    Fd output_in{output[0]};
    const Fd output_out{output[1]};
    if (pipe2(report, O_CLOEXEC) < 0) return failed(errno);
    Fd report_in{report[0]};
    const Fd report_out{report[1]};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return failed(errno);
    Fd ours{ends[0]};
    const Fd its{ends[1]};
    // Blocked until the child has the dispositions that count: what is sent to it before that waits, and is
    // not ignored as we ignore it.
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    const pid_t pid = ::fork();
    const int error = errno;
    if (pid != 0) sigprocmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) return failed(error);
    if (pid == 0) stand_in(output_out.get(), report_out.get(), its.get(), core);
    return StandIn{pid, std::move(ours), std::move(output_in), std::move(report_in)};
}

// Whether it came there is seen when it is to go.
void StandIn::learn(int order, int input) const { send_descriptors(socket_.get(), {order, input}); }

std::optional<Child> StandIn::go(std::optional<std::uint32_t> guard) && {
    const std::int32_t number = guard ? static_cast<std::int32_t>(*guard) : -1;
    if (uninterrupted([&] { return write(socket_.get(), &number, sizeof number); }) < 0) return std::nullopt;
    return std::move(child_);
}

std::string_view text(Failure::Step step) {
    static constexpr const char* texts[] = {
        "start a process for it", "open a session for it", "set its streams", "change to /", "set its groups",
        "set its group",          "become its user",       "execute it",      "trust it"};
    return texts[static_cast<std::size_t>(step)];
}

std::optional<Failure> read_failure(int report) {
    Failure failure{};
    const auto n = uninterrupted([&] { return read(report, &failure, sizeof failure); });
    if (n != sizeof failure) return std::nullopt;
    failure.text[sizeof failure.text - 1] = '\0';
    return failure;
}

void rehearse() {
    Order order;
    order.id.assign(100, 'x');
    order.program.note.assign(2000, 'x');
    for (int i = 0; i < 20; ++i) {
        order.program.argv.emplace_back(100, 'x');
        order.program.env.emplace_back("DM_EVENT_NAME_OF_A_FIELD",
                                       "value of a usual size, of which the most are");
    }
    for (int i = 0; i < 2; ++i) {
        const auto again = decode_order(encode(order));
        if (again) static_cast<void>(write_job(*again, own_process_id()));
    }
}

} // namespace dmev
