// SPDX-License-Identifier: Apache-2.0
#include "process/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "process/program_files.hpp"

namespace dmev {
namespace {

constexpr int report_fd = 3; // closed by the exec

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

// Leaves 0, 1 and 2 open, and REPORT as report_fd.
void set_streams(int input, int output, int report) {
    const int in = fcntl(input, F_DUPFD_CLOEXEC, 10);
    const int out = fcntl(output, F_DUPFD_CLOEXEC, 10);
    const int said = fcntl(report, F_DUPFD_CLOEXEC, 10);
    if (in < 0 || out < 0 || said < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 ||
        dup3(said, report_fd, O_CLOEXEC) < 0)
        fail(report, Failure::Step::streams);
    closefrom(report_fd + 1);
}

// What may need rights that we lack is tried, and then left as it is.
void set_surroundings(const Program& program, const rlimit& core) {
    umask(022);
    const sched_param no_priority{};
    sched_setscheduler(0, SCHED_OTHER, &no_priority);
    constexpr int io_of_process = 1, io_class_none = 0; // IOPRIO_*: as the nice value says
    syscall(SYS_ioprio_set, io_of_process, 0, io_class_none);
    setpriority(PRIO_PROCESS, 0, 0);
    prctl(PR_SET_DUMPABLE, 1); // as the exec would; without it our /proc/self is root's
    if (const Fd score{open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)}) [[maybe_unused]]
        const auto n = write(score.get(), "0", 1);
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = std::min<rlim_t>(1024, files.rlim_max);
        setrlimit(RLIMIT_NOFILE, &files);
    }
    setrlimit(RLIMIT_CORE, &core);
    for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
    // Who has lost the reader of its output must not die of that with a device suspended.
    if (!program.interruptible) signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
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

[[noreturn]] void become(const Program& program, int input, int output, int report, const rlimit& core) {
    if (setsid() < 0) fail(report, Failure::Step::session);
    set_streams(input, output, report);
    if (chdir("/") < 0) fail(report_fd, Failure::Step::directory);
    set_surroundings(program, core);
    check_trust(program);
    set_rights(program);
    auto argv = program.argv;
    std::vector<std::string> env;
    for (const auto& [name, value] : program.env) env.emplace_back(name).append("=").append(value);
    execve(argv[0].c_str(), pointers(argv).data(), pointers(env).data());
    fail(report_fd, Failure::Step::execute);
}

} // namespace

std::variant<Child, Failure> start_child(const Program& program, int input, const rlimit& core) {
    const auto failed = [](int error) { return Failure{Failure::Step::process, error, {}}; };
    int output[2], report[2];
    if (pipe2(output, O_CLOEXEC) < 0) return failed(errno);
    Fd output_in{output[0]};
    const Fd output_out{output[1]};
    if (pipe2(report, O_CLOEXEC) < 0) return failed(errno);
    Fd report_in{report[0]};
    const Fd report_out{report[1]};
    // Blocked until the child has the dispositions that count: what is sent to it before that waits, and is
    // not ignored as we ignore it.
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    const pid_t pid = fork();
    const int error = errno;
    if (pid != 0) sigprocmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) return failed(error);
    if (pid == 0) become(program, input, output_out.get(), report_out.get(), core);
    return Child{pid, std::move(output_in), std::move(report_in)};
}

std::string_view text(Failure::Step step) {
    static constexpr const char* texts[] = {
        "start a process for it", "open a session for it", "set its streams", "change to /", "set its groups",
        "set its group",          "become its user",       "execute it",      "trust it"};
    return texts[static_cast<std::size_t>(step)];
}

std::optional<Failure> read_failure(int report) {
    Failure failure{};
    ssize_t n;
    do n = read(report, &failure, sizeof failure);
    while (n < 0 && errno == EINTR);
    if (n != sizeof failure) return std::nullopt;
    failure.text[sizeof failure.text - 1] = '\0';
    return failure;
}

} // namespace dmev
