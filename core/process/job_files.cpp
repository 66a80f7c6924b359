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
#include <filesystem>
#include <memory>

#include "base/log.hpp"

namespace dmev {
namespace {

Error failed(const char* what, const std::string& path) { return errno_error(what, escape(path), errno); }

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

// What an opened file holds; "" for what is nothing that we write: a link, a directory, a larger file. None:
// it cannot be read, and errno says why.
std::optional<std::string> read_all(const Fd& fd) {
    if (!fd) return errno == ELOOP ? std::make_optional<std::string>() : std::nullopt;
    struct stat st {};
    if (fstat(fd.get(), &st) < 0) return std::nullopt;
    if (!S_ISREG(st.st_mode) || st.st_size > static_cast<off_t>(2 * max_order)) return "";
    std::string text(static_cast<std::size_t>(st.st_size), '\0');
    const auto n = pread(fd.get(), text.data(), text.size(), 0);
    if (n < 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(n));
    return text;
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

Fd open_existing(const std::string& path) {
    return Fd{open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)};
}

// A fresh file under a name that others may sweep away while it is not locked.
Fd create_locked(const std::string& path) {
    for (;;) {
        Fd fd{open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)};
        if (!fd || flock(fd.get(), LOCK_EX) < 0) return Fd{};
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

Result<Fd> JobFiles::keep(const Order& order) const {
    const auto shepherd = own_process_id();
    const auto draft = path(order.id, ".job.tmp"), final = path(order.id, ".job");
    Fd fd = create_locked(draft);
    if (!fd) return failed("cannot write", draft);
    auto error = std::optional<Error>{};
    if (!write_all(fd.get(), write_job(order, shepherd)))
        error = failed("cannot write", draft);
    else if (renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, final.c_str(), RENAME_NOREPLACE) < 0)
        error = failed("cannot write", final);
    if (!error) return fd;
    unlink(draft.c_str());
    return *std::move(error);
}

Result<> JobFiles::leave(const std::string& id, const Ended& ended) const {
    const auto draft = path(id, ".ended.tmp"), final = path(id, ".ended");
    const Fd fd{
        open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)};
    if (!fd || !write_all(fd.get(), encode(Report{ended}))) return failed("cannot write", draft);
    if (rename(draft.c_str(), final.c_str()) < 0) return failed("cannot write", final);
    return {};
}

std::vector<JobFiles::Orphan> JobFiles::take_orphans() const {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> dir{opendir(dir_.c_str()), closedir};
    if (!dir) return {};
    while (const auto* entry = readdir(dir.get())) names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());

    std::vector<Orphan> orphans;
    for (const auto& name : names) {
        const auto dot = name.find('.');
        const auto id = name.substr(0, dot);
        const auto suffix = dot == name.npos ? "" : name.substr(dot);
        if (suffix == ".job") {
            if (auto orphan = take(id)) orphans.push_back(*std::move(orphan));
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

std::optional<JobFiles::Orphan> JobFiles::take(const std::string& id) const {
    const auto file = path(id, ".job");
    Fd fd = open_existing(file);
    if (!fd && errno == ENOENT) return std::nullopt;
    if (fd && (!take_ownership(fd.get()) || !is_linked(fd.get()))) return std::nullopt;
    const auto text = read_all(fd);
    if (!text) {
        log::warning("{}; it is left for the next start", failed("cannot read", file).text());
        return std::nullopt;
    }
    auto record = is_job_id(id) ? read_job(*text) : std::nullopt;
    if (!record) {
        log::warning("{} is damaged and was removed", escape(file));
        remove(id);
        return std::nullopt;
    }
    if (lives(record->dispatcher)) return std::nullopt;
    return Orphan{id, *std::move(record), std::move(fd)};
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
