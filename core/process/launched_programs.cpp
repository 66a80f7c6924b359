// SPDX-License-Identifier: Apache-2.0
#include "process/launched_programs.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.hpp"
#include "process/shepherd.hpp"

namespace dmev {
namespace {

constexpr auto look_again = std::chrono::seconds{1}; // where a shepherd's end cannot be awaited

bool has_nul(const std::string& text) { return text.find('\0') != text.npos; }

// Why PROGRAM cannot be handed to a kernel as it stands; empty when it can.
std::string flaw(const Program& program) {
    const auto bad_argv = [](const std::vector<std::string>& argv) {
        return argv.empty() || !argv[0].starts_with('/') || std::any_of(argv.begin(), argv.end(), has_nul);
    };
    if (bad_argv(program.argv)) return "its arguments hold a NUL, or do not begin with an absolute path";
    for (const auto& guard : program.guards)
        if (!guard.instead.empty() && bad_argv(guard.instead))
            return "its replacement's arguments hold a NUL, or do not begin with an absolute path";
    for (const auto& [name, value] : program.env)
        if (name.empty() || name.find('=') != name.npos || has_nul(name) || has_nul(value))
            return "its environment holds a NUL, or a name that is none";
    if (!is_utf8(program.note)) return "its note is not UTF-8";
    return "";
}

Ended lost() {
    Ended ended;
    ended.why = "the process that watched it is gone";
    return ended;
}

} // namespace

Result<std::unique_ptr<LaunchedPrograms>> LaunchedPrograms::open(Loop& loop, Launcher& launcher,
                                                                 const std::string& run_dir, Sink sink) {
    std::string jobs;
    if (!run_dir.empty()) {
        auto made = JobFiles::make_dir(run_dir);
        if (!made) return std::move(made).error();
        jobs = *std::move(made);
    }
    return std::unique_ptr<LaunchedPrograms>{
        new LaunchedPrograms{loop, launcher, std::move(jobs), std::move(sink)}};
}

LaunchedPrograms::LaunchedPrograms(Loop& loop, Launcher& launcher, std::string jobs, Sink sink)
    : loop_(loop),
      launcher_(launcher),
      jobs_(std::move(jobs)),
      files_(jobs_),
      sink_(std::move(sink)),
      self_(own_process_id()) {}

LaunchedPrograms::~LaunchedPrograms() {
    for (const auto& [id, own] : own_) loop_.forget(own.socket.get());
    for (const auto& [id, job] : adopted_) {
        if (job.pidfd) loop_.forget(job.pidfd.get());
        loop_.cancel(job.timer);
    }
}

Result<> LaunchedPrograms::start(const std::string& id, const Program& program) {
    const auto object = program.argv.empty() ? "" : escape(program.argv[0]);
    if (!is_job_id(id) || own_.contains(id) || adopted_.contains(id))
        return Error{ErrorKind::failed, "cannot run", object, "its id is no id or in use: " + escape(id), ""};
    if (auto why = flaw(program); !why.empty())
        return Error{ErrorKind::failed, "cannot run", object, std::move(why), ""};
    auto shepherd = launcher_.new_shepherd();
    if (!shepherd) return std::move(shepherd).error();

    // A shepherd whose socket closes before it has its order starts nothing.
    const int fd = shepherd->socket.get();
    if (auto r = loop_.watch(fd, EPOLLIN, [this, id](std::uint32_t) { on_readable(id); }); !r) return r;
    Order order{id, jobs_, self_, program};
    order.program.input.clear();
    if (auto sent = send_order(fd, order, program.input); !sent) {
        loop_.forget(fd);
        return sent;
    }
    log::debug("job {}: process {} runs {}", id, shepherd->pid, object);
    own_[id] = {shepherd->pid, std::move(shepherd->socket)};
    return {};
}

void LaunchedPrograms::on_readable(const std::string& id) {
    const auto& own = own_.at(id);
    char buffer[max_report];
    const auto n = recv(own.socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    auto report = n > 0 ? decode_report({buffer, static_cast<std::size_t>(n)}) : std::nullopt;
    if (!report) { // it ended; what it could not say it may have written
        auto ended = jobs_.empty() ? std::nullopt : files_.ended(id);
        finish(id, ended ? *std::move(ended) : lost());
    } else if (auto* ended = std::get_if<Ended>(&*report)) {
        finish(id, std::move(*ended));
    } else if (const auto* overdue = std::get_if<Overdue>(&*report)) {
        sink_.overdue(id, overdue->after);
    } else {
        log::debug("job {}: process {} is the program's", id, std::get<Started>(*report).pid);
    }
}

std::vector<Programs::Found> LaunchedPrograms::adopt() {
    std::vector<Found> found;
    if (jobs_.empty()) return found;
    for (auto& orphan : files_.take_orphans()) {
        const auto& id = orphan.id;
        const bool running = JobFiles::watched(orphan.file) && !files_.ended(id);
        found.push_back({id, std::move(orphan.record.note), running});
        auto& job = adopted_[id];
        job.file = std::move(orphan.file);
        job.shepherd = orphan.record.shepherd;
        job.timer = loop_.after({}, [this, id] {
            adopted_.at(id).timer = 0;
            look_at(id);
        });
    }
    return found;
}

void LaunchedPrograms::look_at(const std::string& id) {
    // In this order: a shepherd writes the end before its own.
    const bool watched = JobFiles::watched(adopted_.at(id).file);
    if (auto ended = files_.ended(id))
        finish(id, *std::move(ended));
    else if (watched)
        wait_for(id);
    else
        finish(id, lost());
}

void LaunchedPrograms::wait_for(const std::string& id) {
    auto& job = adopted_.at(id);
    Fd pidfd{static_cast<int>(syscall(SYS_pidfd_open, job.shepherd, 0))};
    const auto gone = [this, id](std::uint32_t) {
        auto& ours = adopted_.at(id);
        loop_.forget(ours.pidfd.get());
        ours.pidfd.reset();
        look_at(id);
    };
    // Still locked: then the descriptor is the shepherd's, and not of who got its number after it.
    if (pidfd && JobFiles::watched(job.file) && loop_.watch(pidfd.get(), EPOLLIN, gone)) {
        job.pidfd = std::move(pidfd);
        return;
    }
    job.timer = loop_.after(look_again, [this, id] {
        adopted_.at(id).timer = 0;
        look_at(id);
    });
}

void LaunchedPrograms::finish(const std::string& id, Ended&& ended) {
    if (const auto own = own_.extract(id)) loop_.forget(own.mapped().socket.get());
    // An adopted job stays ours, and is nobody else's, until its files are gone.
    const auto adopted = adopted_.extract(id);
    sink_.ended(id, std::move(ended));
    if (!jobs_.empty()) files_.remove(id); // not before: who dies now has its end reported by a successor
}

} // namespace dmev
