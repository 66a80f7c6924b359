// SPDX-License-Identifier: Apache-2.0
#include "process/stand_in.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
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

void say(int report, const Testimony& said) {
    [[maybe_unused]] const auto n = write(report, &said, sizeof said);
}

[[noreturn]] void fail(int report, Failure::Step step) {
    say(report, {Testimony::What::failed, {step, errno, {}}, {}});
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

// What was found of a program's files, and the error.
struct Found {
    Result<ProgramFiles> files;
    int error;
};

// Here, between fork and exec, since it may hang where the exec would: then the timeout counts already.
Found find_files(const Program& program) {
    errno = 0;
    auto files = program_files(program.argv[0], trusted_with(program.as_self ? geteuid() : program.uid));
    return {std::move(files), errno};
}

// A program that cannot be followed is left to the exec to refuse.
void check_trust(const Found& found) {
    const auto& files = found.files;
    // But what could not be looked at for want of something is not trusted for that.
    if (!files && (found.error == EMFILE || found.error == ENFILE || found.error == ENOMEM)) {
        errno = found.error;
        fail(report_fd, Failure::Step::execute);
    }
    if (files || files.error().kind != ErrorKind::not_permitted) return;
    Testimony said{Testimony::What::failed, {Failure::Step::trust, EPERM, {}}, {}};
    auto text = files.error().why + "; " + files.error().remedy;
    text.copy(said.failure.text, sizeof said.failure.text - 1);
    say(report_fd, said);
    _exit(127);
}

// Which files these are, and since when; empty when that cannot be said.
std::string stamp_of(const ProgramFiles& program) {
    std::string stamp;
    for (const auto& trail : program.files) {
        struct stat st {};
        if (fstat(trail.file.get(), &st) < 0) return "";
        const auto time = [](const timespec& t) { return fmt::format("{}.{:09}", t.tv_sec, t.tv_nsec); };
        stamp += fmt::format("{}:{} {} {} {}\n", st.st_dev, st.st_ino, st.st_size, time(st.st_mtim),
                             time(st.st_ctim));
    }
    return stamp.size() < sizeof Testimony::stamp ? stamp : "";
}

constexpr std::size_t most_maps = 64 << 10;

// Empty where they cannot be had as a whole.
std::string maps_of(const std::string& proc) {
    const Fd file{open((proc + "maps").c_str(), O_RDONLY | O_CLOEXEC)};
    auto text = file ? read_whole(file.get(), most_maps) : std::nullopt;
    return text && text->size() < most_maps ? *std::move(text) : "";
}

// Whether MAPS, as in /proc/PID, have a file that was replaced or removed, and may be executed.
bool executes_removed(std::string_view maps) {
    while (!maps.empty()) {
        const auto line = maps.substr(0, maps.find('\n'));
        maps.remove_prefix(std::min(line.size() + 1, maps.size()));
        const auto rights = line.find(' ') + 1;
        if (line.size() > rights + 3 && line[rights + 2] == 'x' && line.ends_with(" (deleted)")) return true;
    }
    return false;
}

// Whether process PID runs PROGRAM's first file, and nothing that it executes was replaced or removed since.
bool runs(pid_t pid, const ProgramFiles& program) {
    const auto proc = "/proc/" + std::to_string(pid) + "/";
    struct stat file {
    }, run{};
    if (fstat(program.files.front().file.get(), &file) < 0 || stat((proc + "exe").c_str(), &run) < 0)
        return false;
    if (file.st_dev != run.st_dev || file.st_ino != run.st_ino) return false;
    const auto maps = maps_of(proc);
    return !maps.empty() && !executes_removed(maps);
}

// Says what there is to be said of FILES before they are executed; it may be that they are not to be.
void look_at_waiting(const Result<ProgramFiles>& files, pid_t waiting, std::string_view stamp) {
    if (!files || waiting == 0) return;
    const auto now = stamp_of(*files);
    if (waiting > 0 && !now.empty() && now == stamp && runs(waiting, *files)) {
        say(report_fd, {Testimony::What::leaves, {}, {}});
        _exit(0);
    }
    if (waiting > 0) return;
    Testimony said{Testimony::What::stamp, {}, {}};
    now.copy(said.stamp, sizeof said.stamp - 1);
    say(report_fd, said);
}

void set_rights(const Program& program) {
    if (program.as_self) return;
    if (setgroups(program.groups.size(), program.groups.data()) < 0) fail(report_fd, Failure::Step::groups);
    if (setresgid(program.gid, program.gid, program.gid) < 0) fail(report_fd, Failure::Step::group);
    if (setresuid(program.uid, program.uid, program.uid) < 0) fail(report_fd, Failure::Step::user);
}

} // namespace

// The last before it goes.
struct StandIn::Word {
    static constexpr pid_t to_wait = -1;
    std::int32_t guard = -1; // none
    pid_t waiting = 0;       // none
    char stamp[sizeof Testimony::stamp] = {};
};

// What to become; who is gone wants nothing.
Program StandIn::await_order() {
    const auto files = take_descriptors<2>(socket_fd);
    auto order = files ? read_order((*files)[0].get()) : std::nullopt;
    if (!order) _exit(0);
    if (dup2((*files)[1].get(), 0) < 0) fail(report_fd, Failure::Step::streams);
    return std::move(order->program);
}

StandIn::Word StandIn::await_word() {
    Word word;
    if (uninterrupted([&] { return recv(socket_fd, &word, sizeof word, 0); }) != sizeof word) _exit(0);
    return word;
}

void StandIn::stand_in(int output, int report, int socket, const rlimit& core) {
    if (setsid() < 0) fail(report, Failure::Step::session);
    set_streams(output, report, socket);
    if (chdir("/") < 0) fail(report_fd, Failure::Step::directory);
    set_surroundings();
    rehearse_until(socket_fd);
    auto program = await_order();
    // Whoever is asked first may take his time; else this is done while the order is put on record.
    std::optional<Found> found;
    if (program.guards.empty()) found.emplace(find_files(program));
    const auto word = await_word();
    if (word.guard >= 0) program.argv = program.guards.at(static_cast<std::size_t>(word.guard)).instead;
    show(core);
    // Who has lost the reader of its output must not die of that with a device suspended.
    if (!program.interruptible) signal(SIGPIPE, SIG_IGN);
    if (!found) found.emplace(find_files(program));
    check_trust(*found);
    look_at_waiting(found->files, word.waiting, word.stamp);
    set_rights(program);
    std::vector<std::string> env;
    for (const auto& [name, value] : program.env) env.emplace_back(name).append("=").append(value);
    execve(program.argv[0].c_str(), pointers(program.argv).data(), pointers(env).data());
    fail(report_fd, Failure::Step::execute);
}

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

std::optional<Child> StandIn::go(const Word& word) && {
    if (uninterrupted([&] { return write(socket_.get(), &word, sizeof word); }) < 0) return std::nullopt;
    return std::move(child_);
}

std::optional<Child> StandIn::go(std::optional<std::uint32_t> guard) && {
    Word word;
    if (guard) word.guard = static_cast<std::int32_t>(*guard);
    return std::move(*this).go(word);
}

std::optional<Child> StandIn::go_unless(const WaitingLvm& waiting) && {
    Word word;
    word.waiting = waiting.pid;
    waiting.stamp.copy(word.stamp, sizeof word.stamp - 1);
    return std::move(*this).go(word);
}

std::optional<Child> StandIn::go_to_wait() && {
    Word word;
    word.waiting = Word::to_wait;
    return std::move(*this).go(word);
}

std::string_view text(Failure::Step step) {
    static constexpr const char* texts[] = {
        "start a process for it", "open a session for it", "set its streams", "change to /", "set its groups",
        "set its group",          "become its user",       "execute it",      "trust it"};
    return texts[static_cast<std::size_t>(step)];
}

std::optional<Testimony> read_testimony(int report) {
    Testimony said{};
    const auto n = uninterrupted([&] { return read(report, &said, sizeof said); });
    if (n != sizeof said) return std::nullopt;
    said.failure.text[sizeof said.failure.text - 1] = said.stamp[sizeof said.stamp - 1] = '\0';
    return said;
}

void rehearse_until(int socket) {
    Order order;
    order.id.assign(100, 'x');
    order.program.note.assign(2000, 'x');
    for (int i = 0; i < 20; ++i) {
        order.program.argv.emplace_back(100, 'x');
        order.program.env.emplace_back("DM_EVENT_NAME_OF_A_FIELD",
                                       "value of a usual size, of which the most are");
    }
    for (int i = 0; i < 2; ++i) {
        pollfd asked{socket, POLLIN, 0};
        if (poll(&asked, 1, 0) != 0) return;
        const auto again = decode_order(encode(order));
        if (again) static_cast<void>(write_job(*again, own_process_id()));
    }
}

} // namespace dmev
