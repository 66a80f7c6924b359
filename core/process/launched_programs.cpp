// SPDX-License-Identifier: Apache-2.0
#include "process/launched_programs.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.hpp"
#include "process/lvm_script.hpp"
#include "process/order_file.hpp"
#include "process/suspended_devices.hpp"

namespace dmev {
namespace {

using std::chrono::milliseconds;

constexpr auto look_again = std::chrono::seconds{1}; // where a shepherd's end cannot be awaited
constexpr std::size_t lvms_kept = 2;                 // what one mends or extends is often not all
constexpr auto rest_after_start = milliseconds{50};  // the program that was just started comes first
constexpr auto rest_after_lvm = milliseconds{500};   // one of two is ready sooner than both
constexpr auto shepherd_gone = "the process that watched it is gone";

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
    ended.why = shepherd_gone;
    ended.suspended = suspended_devices();
    return ended;
}

Fd open_pidfd(pid_t pid) { return Fd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))}; }

} // namespace

Result<std::unique_ptr<LaunchedPrograms>> LaunchedPrograms::open(Loop& loop, Launcher& launcher,
                                                                 const std::string& run_dir, Sink sink) {
    std::string jobs;
    if (!run_dir.empty()) {
        if (auto made = JobFiles::make_dir(run_dir))
            jobs = *std::move(made);
        else // no reason to watch nothing, and to run nothing
            log::warning("{}; after a restart it is not known what runs", made.error().text());
    }
    return std::unique_ptr<LaunchedPrograms>{
        new LaunchedPrograms{loop, launcher, std::move(jobs), std::move(sink)}};
}

LaunchedPrograms::LaunchedPrograms(Loop& loop, Launcher& launcher, std::string jobs, Sink sink)
    : loop_(loop),
      launcher_(launcher),
      dir_(std::move(jobs)),
      files_(dir_),
      sink_(std::move(sink)),
      self_(own_process_id()) {}

LaunchedPrograms::~LaunchedPrograms() {
    loop_.cancel(refill_);
    for (auto& [id, job] : jobs_) let_go(job);
}

void LaunchedPrograms::expect() {
    expected_ = true;
    if (!spare_) refill(rest_after_start);
}

void LaunchedPrograms::expect_lvm(std::optional<Program> lvm) {
    if (lvm && lvm_) return;
    lvm_ = std::move(lvm);
    if (lvm_)
        refill(rest_after_start);
    else
        ready_.clear();
}

// Then the next one's start would only be in its way.
bool LaunchedPrograms::runs_lvm() const {
    return std::any_of(jobs_.begin(), jobs_.end(), [](const auto& job) {
        return job.second.lvm && job.second.phase == Job::Phase::running;
    });
}

void LaunchedPrograms::refill(milliseconds pause) {
    if (refill_ != 0) return;
    refill_ = loop_.after(pause, [this] {
        refill_ = 0;
        refill_now();
    });
}

void LaunchedPrograms::refill_now() {
    if (expected_ && !spare_)
        if (auto shepherd = launcher_.new_shepherd()) spare_ = std::move(*shepherd);
    if (!lvm_ || ready_.size() >= lvms_kept || runs_lvm()) return;
    auto shepherd = launcher_.new_waiting_shepherd();
    if (!shepherd) return log::debug("{}", shepherd.error().text());
    Order order;
    order.program = *lvm_;
    if (!send_order(shepherd->socket.get(), order, "")) return;
    log::debug("process {} keeps {} ready", shepherd->pid, lvm_->argv[0]);
    ready_.push_back(*std::move(shepherd));
    if (ready_.size() < lvms_kept) refill(rest_after_lvm);
}

Result<Launcher::Child> LaunchedPrograms::take_shepherd(const Program& program) {
    const auto waits = [](const Launcher::Child& shepherd) {
        pollfd ended{shepherd.socket.get(), POLLIN, 0};
        return poll(&ended, 1, 0) == 0;
    };
    expected_ = true; // what was run may be run again
    refill(rest_after_start);
    if (lvm_ && may_run(*lvm_, program))
        while (!ready_.empty()) { // the first has waited longest
            auto shepherd = std::move(ready_.front());
            ready_.pop_front();
            if (waits(shepherd)) return shepherd;
        }
    if (auto spare = std::exchange(spare_, std::nullopt); spare && waits(*spare)) return *std::move(spare);
    return launcher_.new_shepherd();
}

Result<> LaunchedPrograms::start(const std::string& id, const Program& program) {
    const auto object = program.argv.empty() ? "" : escape(program.argv[0]);
    if (!is_job_id(id) || jobs_.contains(id))
        return Error{ErrorKind::failed, "cannot run", object, "its id is no id or in use: " + escape(id), ""};
    if (auto why = flaw(program); !why.empty())
        return Error{ErrorKind::bad_config, "cannot run", object, std::move(why), ""};
    auto shepherd = take_shepherd(program);
    if (!shepherd) return std::move(shepherd).error();

    // A shepherd whose socket closes before it has its order starts nothing.
    const int fd = shepherd->socket.get();
    if (auto r = loop_.watch(fd, EPOLLIN, [this, id](std::uint32_t) { on_readable(id); }); !r) return r;
    Order order{id, dir_, self_, program};
    order.program.input.clear();
    if (auto sent = send_order(fd, order, program.input); !sent) {
        loop_.forget(fd);
        return sent;
    }
    log::debug("job {}: process {} runs {}", id, shepherd->pid, object);
    auto& job = jobs_[id];
    job.shepherd = shepherd->pid;
    job.socket = std::move(shepherd->socket);
    job.lvm = lvm_ && may_run(*lvm_, program);
    return {};
}

void LaunchedPrograms::on_readable(const std::string& id) {
    auto& job = jobs_.at(id);
    char buffer[max_report];
    const auto n = recv(job.socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    auto report = n > 0 ? decode_report({buffer, static_cast<std::size_t>(n)}) : std::nullopt;
    if (!report) { // the shepherd ended
        let_go(job);
        look_at(id);
    } else if (auto* ended = std::get_if<Ended>(&*report)) {
        finish(id, std::move(*ended));
    } else if (const auto* overdue = std::get_if<Overdue>(&*report)) {
        sink_.overdue(id, overdue->after);
    } else {
        job.program = std::get<Started>(*report).process;
        log::debug("job {}: process {} is the program's", id, job.program.pid);
    }
}

std::vector<Programs::Found> LaunchedPrograms::adopt() {
    std::vector<Found> found;
    if (dir_.empty()) return found;
    for (auto& orphan : files_.take_orphans()) found.push_back(take_over(std::move(orphan)));
    return found;
}

Programs::Found LaunchedPrograms::take_over(JobFiles::Orphan&& orphan) {
    const auto id = orphan.id;
    const auto ended = files_.ended(id);
    const bool running = JobFiles::watched(orphan.file) && !(ended && *ended);
    auto& job = jobs_[id];
    job.file = std::move(orphan.file);
    job.shepherd = orphan.record.shepherd;
    job.timer = loop_.after({}, [this, id] {
        jobs_.at(id).timer = 0;
        look_at(id);
    });
    return {id, std::move(orphan.record.note), running};
}

Result<std::optional<Programs::Found>> LaunchedPrograms::claim(const std::string& id) {
    if (!is_job_id(id) || jobs_.contains(id))
        return Error{ErrorKind::failed, "cannot claim job", escape(id), "its id is no id or in use", ""};
    if (dir_.empty()) return std::optional<Found>{}; // whoever was to keep it there cannot either
    auto orphan = files_.claim(id);
    if (!orphan) return std::move(orphan).error();
    if (!*orphan) return std::optional<Found>{};
    return std::optional{take_over(**std::move(orphan))};
}

// What became of a job that no socket tells of. In this order: a shepherd writes the end before its own.
void LaunchedPrograms::look_at(const std::string& id) {
    auto& job = jobs_.at(id);
    const bool watched = job.file && JobFiles::watched(job.file);
    if (job.phase == Job::Phase::running && !dir_.empty()) {
        auto ended = files_.ended(id);
        if (!ended) {
            if (!std::exchange(job.unread, true))
                log::warning("job {}: {}; it is tried again", id, ended.error().text());
            return look_later(id);
        }
        if (*ended) {
            const bool stuck = (*ended)->stuck && (watched || lives(job.program));
            (*ended)->stuck = stuck;
            finish(id, **std::move(ended));
            if (!stuck) return;
        }
    }
    if (watched) {
        auto pidfd = open_pidfd(job.shepherd);
        // Still locked: then the descriptor is the shepherd's, and not of who got its number after it.
        if (!JobFiles::watched(job.file) || !wait_for(id, std::move(pidfd))) look_later(id);
    } else if (auto pidfd = job.program.pid > 0 ? open_pidfd(job.program.pid) : Fd{}; lives(job.program)) {
        // It goes on without its shepherd; nothing else may touch its devices before it is gone.
        log::warning("job {}: {}, its process {} is not: it is waited for", id, shepherd_gone,
                     job.program.pid);
        if (!wait_for(id, std::move(pidfd))) look_later(id);
    } else if (job.phase == Job::Phase::stuck) {
        gone(id);
    } else {
        finish(id, lost());
    }
}

void LaunchedPrograms::look_later(const std::string& id) {
    jobs_.at(id).timer = loop_.after(look_again, [this, id] {
        jobs_.at(id).timer = 0;
        look_at(id);
    });
}

bool LaunchedPrograms::wait_for(const std::string& id, Fd pidfd) {
    const auto ended = [this, id](std::uint32_t) {
        let_go(jobs_.at(id));
        look_at(id);
    };
    if (!pidfd || !loop_.watch(pidfd.get(), EPOLLIN, ended)) return false;
    jobs_.at(id).pidfd = std::move(pidfd);
    return true;
}

void LaunchedPrograms::finish(const std::string& id, Ended&& ended) {
    auto& job = jobs_.at(id);
    job.phase = ended.stuck ? Job::Phase::stuck : Job::Phase::over;
    if (!ended.stuck) let_go(job);
    if (job.lvm) refill(rest_after_start);
    sink_.ended(id, std::move(ended)); // which may be done with it at once
}

// One that was stuck.
void LaunchedPrograms::gone(const std::string& id) {
    auto& job = jobs_.at(id);
    job.phase = Job::Phase::over;
    if (job.done) jobs_.erase(id);
    sink_.released(id);
}

void LaunchedPrograms::done(const std::string& id) {
    const auto it = jobs_.find(id);
    if (it == jobs_.end()) return;
    if (!dir_.empty()) files_.remove(id);
    it->second.done = true;
    if (it->second.phase == Job::Phase::over) jobs_.erase(it);
}

void LaunchedPrograms::let_go(Job& job) {
    for (auto* fd : {&job.socket, &job.pidfd}) {
        if (*fd) loop_.forget(fd->get());
        fd->reset();
    }
    loop_.cancel(std::exchange(job.timer, 0));
}

} // namespace dmev
