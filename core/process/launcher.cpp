// SPDX-License-Identifier: Apache-2.0
#include "process/launcher.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>

#include "process/shepherd.hpp"

namespace dmev {
namespace {

// One packet each way. A request of another kind gets EINVAL, so that kinds can be added.
enum RequestKind : std::uint32_t { reader_request = 1, shepherd_request = 2 };
struct Request {
    std::uint32_t kind;
    std::uint32_t serial;
};
struct Reply {
    std::uint32_t serial; // the request's
    std::int32_t error;   // 0, or errno of what failed
    std::int32_t pid;
};

// A fork takes a millisecond; this is for a machine in trouble.
constexpr auto answer_timeout = std::chrono::milliseconds{1000};
constexpr auto rest_after_timeout = std::chrono::milliseconds{1000};

// The descriptor a child keeps, always under this number.
constexpr int kept_fd = 3;

// Keeps SOCKET (as kept_fd) and standard error; 0 and 1 become /dev/null, so that nothing opened later gets
// them.
void keep_only(int socket) {
    const int high = fcntl(socket, F_DUPFD_CLOEXEC, 10);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const bool has_stderr = null != STDERR_FILENO && fcntl(STDERR_FILENO, F_GETFD) >= 0;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (!has_stderr) dup2(null, STDERR_FILENO);
    dup3(high, kept_fd, O_CLOEXEC);
    closefrom(kept_fd + 1); // close_range, or /proc where the kernel has none
}

// Neither a core file nor another process of the same user may see what goes through: tables can hold keys.
void hide(const char* name) {
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

// The dispatcher's end is the signal to go; a ^C meant for it must not take its helpers first.
void set_signals() {
    for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(ignored, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); // the kernel reaps: nobody asks how a reader ended
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

void send_reply(int socket, const Reply& reply, int fd) {
    iovec data{const_cast<Reply*>(&reply), sizeof reply};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        auto* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    // A dispatcher that does not take its answers is no reason to wait for it.
    sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

struct Service {
    Launcher::Bodies bodies;
    rlimit core; // as it was before hide()
};

int be_child(std::uint32_t kind, const Service& service) {
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_NAME, kind == reader_request ? "dmevent-reader" : "dm-shepherd");
    // Dumpable and limits are the launcher's.
    if (kind == reader_request) return service.bodies.reader(kept_fd);
    return shepherd_main(kept_fd, {service.bodies.guard, service.core});
}

void fork_child(int socket, const Request& request, const Service& service) {
    const auto type = request.kind == reader_request ? SOCK_STREAM : SOCK_SEQPACKET;
    int ends[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0) {
        send_reply(socket, {request.serial, errno, 0}, -1);
        return;
    }
    const Fd theirs{ends[0]}, childs{ends[1]};
    fcntl(theirs.get(), F_SETFL, O_NONBLOCK);
    const pid_t pid = fork();
    if (pid == 0) {
        keep_only(childs.get());
        _exit(be_child(request.kind, service));
    }
    if (pid < 0)
        send_reply(socket, {request.serial, errno, 0}, -1);
    else
        send_reply(socket, {request.serial, 0, pid}, theirs.get());
}

[[noreturn]] void serve(int socket, const Service& service) {
    for (;;) {
        Request request{};
        const auto n = recv(socket, &request, sizeof request, 0);
        if (n == 0) _exit(0); // the dispatcher is gone; children see the same on their sockets
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) _exit(1);
        if (n == sizeof request && (request.kind == reader_request || request.kind == shepherd_request))
            fork_child(socket, request, service);
        else
            send_reply(socket, {request.serial, EINVAL, 0}, -1);
    }
}

struct Answer {
    Reply reply{};
    Fd fd;
};

// Takes one answer if there is one; errno tells why not.
bool take_answer(int socket, Answer& answer) {
    iovec data{&answer.reply, sizeof answer.reply};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t n;
    do n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0) return false;
    if (const auto* header = CMSG_FIRSTHDR(&message);
        header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        int fd;
        std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
        answer.fd = Fd{fd};
    }
    if (n == static_cast<ssize_t>(sizeof answer.reply)) return true;
    errno = EPIPE;
    return false;
}

} // namespace

Result<Launcher> Launcher::start(Bodies bodies) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return errno_error("cannot start the launcher", "", errno);
    Fd ours{ends[0]};
    const Fd theirs{ends[1]};
    const pid_t pid = fork();
    if (pid < 0) return errno_error("cannot start the launcher", "", errno);
    if (pid == 0) {
        Service service{bodies, {}};
        getrlimit(RLIMIT_CORE, &service.core);
        hide("dmevent-launch");
        set_signals();
        keep_only(theirs.get());
        if (chdir("/") < 0) _exit(1); // pins no file system
        serve(kept_fd, service);
    }
    Launcher launcher;
    launcher.socket_ = std::move(ours);
    return launcher;
}

Result<Launcher::Child> Launcher::ask(std::uint32_t kind, const char* failure) {
    using Clock = std::chrono::steady_clock;
    const auto failed = [failure](int error) { return errno_error(failure, "", error); };
    const Request request{kind, ++last_request_};
    if (send(socket_.get(), &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return failed(errno);

    const auto until = Clock::now() + answer_timeout;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd readable{socket_.get(), POLLIN, 0};
        const int n = poll(&readable, 1, static_cast<int>(std::max<decltype(left)>(left, 0)));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(errno);
        if (n == 0) {
            ask_again_ = Clock::now() + rest_after_timeout;
            return failed(ETIMEDOUT);
        }
        Answer answer;
        if (!take_answer(socket_.get(), answer)) return failed(errno);
        // A child that came too late for an earlier request ends when its socket is closed here.
        if (answer.reply.serial != request.serial) continue;
        if (answer.reply.error != 0) return failed(answer.reply.error);
        if (!answer.fd)
            return failed(EMFILE); // the kernel leaves descriptors out when there is no room for them
        return Child{answer.reply.pid, std::move(answer.fd)};
    }
}

Result<Launcher::Reader> Launcher::new_reader() { return ask(reader_request, "cannot start a reader"); }

Result<Launcher::Child> Launcher::new_shepherd() {
    constexpr auto failure = "cannot start a process for a program";
    if (std::chrono::steady_clock::now() < ask_again_) return errno_error(failure, "", ETIMEDOUT);
    return ask(shepherd_request, failure);
}

} // namespace dmev
