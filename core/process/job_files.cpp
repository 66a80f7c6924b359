// SPDX-License-Identifier: Apache-2.0
#include "process/job_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>

#include "base/io.hpp"
#include "base/log.hpp"

namespace dmev {
namespace {

Error failed(const char* what, const std::string& path) { return errno_error(what, escape(path), errno); }

Fd open_file(const std::string& path, int flags) {
    return Fd{
        uninterrupted([&] { return open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600); })};
}

// What an opened file holds; "" for what is nothing that we write: a link, a directory, a larger file. None:
// it cannot be read, and errno says why.
std::optional<std::string> read_all(const Fd& fd) {
    if (!fd) return errno == ELOOP ? std::make_optional<std::string>() : std::nullopt;
    struct stat st {};
    if (fstat(fd.get(), &st) < 0) return std::nullopt;
    if (!S_ISREG(st.st_mode) || st.st_size > static_cast<off_t>(2 * max_order)) return "";
    return read_whole(fd.get(), static_cast<std::size_t>(st.st_size));
}

bool is_linked(int fd) {
    struct stat st {};
    return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

// Unlike flock(), which is the shepherd's: the two do not see each other.
bool take_ownership(int fd) {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

// Long after whoever was to write a job instead: nobody sleeps as long between its order and its job.
constexpr std::time_t claim_lasts = 3600;

Fd open_existing(const std::string& path) { return open_file(path, O_RDWR | O_NOCTTY); }

// A fresh file under a name that others may sweep away while it is not locked.
Fd create_locked(const std::string& path) {
    for (;;) {
        Fd fd = open_file(path, O_RDWR | O_CREAT);
        if (!fd || uninterrupted([&] { return flock(fd.get(), LOCK_EX); }) < 0) return Fd{};
        if (!is_linked(fd.get())) continue;
        if (ftruncate(fd.get(), 0) < 0) return Fd{};
        return fd;
    }
}

} // namespace

Result<std::string> JobFiles::make_dir(const std::string& run_dir) {
    std::error_code error;
    const auto run = std::filesystem::absolute(run_dir, error).string();
    if (error) return errno_error("cannot use directory", escape(run_dir), error.value());
    if (mkdir(run.c_str(), 0755) < 0 && errno != EEXIST) return failed("cannot make directory", run);
    const auto dir = run + "/jobs";
    if (mkdir(dir.c_str(), 0700) < 0 && errno != EEXIST) return failed("cannot make directory", dir);
    struct stat st {};
    if (lstat(dir.c_str(), &st) < 0) return failed("cannot use directory", dir);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
        return Error{ErrorKind::failed, "cannot use directory", escape(dir),
                     "it must be a directory that its owner, who runs this program, alone may enter",
                     "remove it"};
    return dir;
}

Result<Fd> JobFiles::keep(const Order& order, const ProcessId& shepherd) const {
    const auto draft = path(order.id, ".job.tmp"), final = path(order.id, ".job");
    Fd fd = create_locked(draft);
    if (!fd) return failed("cannot write", draft);
    auto error = std::optional<Error>{};
    bool claimed = false;
    if (!write_whole(fd.get(), write_job(order, shepherd))) {
        error = failed("cannot write", draft);
    } else if (renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, final.c_str(), RENAME_NOREPLACE) < 0) {
        claimed = errno == EEXIST;
        error = failed("cannot write", final);
    }
    if (!error) return fd;
    unlink(draft.c_str());
    if (claimed) return Fd{};
    return *std::move(error);
}

Result<> JobFiles::leave(const std::string& id, const Ended& ended) const {
    const auto draft = path(id, ".ended.tmp"), final = path(id, ".ended");
    const Fd fd = open_file(draft, O_WRONLY | O_CREAT | O_TRUNC);
    if (!fd || !write_whole(fd.get(), encode(Report{ended}))) return failed("cannot write", draft);
    if (rename(draft.c_str(), final.c_str()) < 0) return failed("cannot write", final);
    return {};
}

std::vector<JobFiles::Orphan> JobFiles::take_orphans() const {
    std::vector<std::string> names;
    Fd listed{uninterrupted([&] { return open(dir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
    const std::unique_ptr<DIR, int (*)(DIR*)> dir{listed ? fdopendir(listed.get()) : nullptr, closedir};
    if (dir) static_cast<void>(listed.release()); // it is the list's now
    if (!dir) {
        log::warning("{}; what runs there is not known", failed("cannot read directory", dir_).text());
        return {};
    }
    while (const auto* entry = readdir(dir.get())) names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());

    std::vector<Orphan> orphans;
    for (const auto& name : names) {
        const auto dot = name.find('.');
        const auto id = name.substr(0, dot);
        const auto suffix = dot == name.npos ? "" : name.substr(dot);
        if (suffix == ".job") {
            auto taken = take(id);
            if (taken.orphan) orphans.push_back(*std::move(taken.orphan));
            if (taken.claimed) sweep_claim(id);
        } else if (suffix == ".claim.tmp") {
            unlink((dir_ + "/" + name).c_str());
        } else if (suffix == ".job.tmp") {
            const auto path = dir_ + "/" + name;
            const Fd draft = open_existing(path);
            if (draft && flock(draft.get(), LOCK_EX | LOCK_NB) == 0) unlink(path.c_str());
        } else if ((suffix == ".ended" || suffix == ".ended.tmp") &&
                   access(path(id, ".job").c_str(), F_OK) < 0 && errno == ENOENT) {
            unlink((dir_ + "/" + name).c_str());
        }
    }
    return orphans;
}

JobFiles::Taken JobFiles::take(const std::string& id) const {
    Taken out;
    const auto file = path(id, ".job");
    const auto not_taken = [&out](std::string why) {
        out.why_not = std::move(why);
        return std::move(out);
    };
    Fd fd = open_existing(file);
    out.gone = !fd && errno == ENOENT;
    if (out.gone) return out;
    if (fd && !take_ownership(fd.get())) return not_taken("another process has taken it over");
    if (fd && !is_linked(fd.get())) return not_taken("it was removed this moment");
    const auto text = read_all(fd);
    if (!text) {
        const auto why = failed("cannot read", file).text();
        log::warning("{}; it is left for the next start", why);
        return not_taken(why);
    }
    auto record = is_job_id(id) ? read_job(*text) : std::nullopt;
    if (!record) {
        log::warning("{} is damaged and was removed", escape(file));
        remove(id);
        return not_taken("it is damaged");
    }
    if (lives(record->dispatcher)) return not_taken("who started it lives");
    out.claimed = record->claim;
    if (!out.claimed) out.orphan = Orphan{id, *std::move(record), std::move(fd)};
    return out;
}

Result<std::optional<JobFiles::Orphan>> JobFiles::claim(const std::string& id) const {
    // No half-written claim is ever seen: a link appears as a whole, and replaces nothing.
    const auto draft = path(id, ".claim.tmp"), final = path(id, ".job");
    {
        const Fd fd = open_file(draft, O_WRONLY | O_CREAT | O_TRUNC);
        if (!fd || !write_whole(fd.get(), write_claim(id, own_process_id())))
            return failed("cannot write", draft);
    }
    const int error = link(draft.c_str(), final.c_str()) == 0 ? 0 : errno;
    unlink(draft.c_str());
    if (error == 0) return std::optional<Orphan>{};
    if (error != EEXIST) return errno_error("cannot write", escape(final), error);
    auto taken = take(id);
    if (taken.claimed) return std::optional<Orphan>{}; // by one before us, which did not come further
    if (taken.orphan) return std::optional{*std::move(taken.orphan)};
    return Error{ErrorKind::failed, "cannot take over", escape(final),
                 taken.gone ? "it was removed this moment" : taken.why_not, ""};
}

void JobFiles::sweep_claim(const std::string& id) const {
    struct stat st {};
    const auto file = path(id, ".job");
    if (stat(file.c_str(), &st) == 0 && st.st_mtime + claim_lasts < std::time(nullptr)) unlink(file.c_str());
}

bool JobFiles::watched(const Fd& job) {
    if (flock(job.get(), LOCK_SH | LOCK_NB) < 0) return errno == EWOULDBLOCK;
    flock(job.get(), LOCK_UN);
    return false;
}

Result<std::optional<Ended>> JobFiles::ended(const std::string& id) const {
    const auto file = path(id, ".ended");
    const Fd fd = open_existing(file);
    if (!fd && errno == ENOENT) return std::optional<Ended>{};
    const auto bytes = read_all(fd);
    if (!bytes) return failed("cannot read", file);
    auto report = decode_report(*bytes);
    if (report && std::holds_alternative<Ended>(*report))
        return std::optional{std::get<Ended>(*std::move(report))};
    log::warning("{} is damaged and was removed", escape(file));
    unlink(file.c_str());
    return std::optional<Ended>{};
}

void JobFiles::remove(const std::string& id) const {
    // The job first: an end without its job is known to be reported.
    for (const char* suffix : {".job", ".job.tmp", ".ended", ".ended.tmp"}) unlink(path(id, suffix).c_str());
}

} // namespace dmev
