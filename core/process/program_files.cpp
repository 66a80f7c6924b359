// SPDX-License-Identifier: Apache-2.0
#include "process/program_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>

#include "base/io.hpp"
#include "base/text.hpp"
#include "base/trust.hpp"
#include "process/program_kind.hpp"

namespace dmev {
namespace {

constexpr int most_links = 40;       // as the kernel
constexpr int most_interpreters = 4; // the same

Error unfollowed(const std::string& path, int error) {
    return errno_error("cannot use", escape(path), error);
}

Error untrusted(const std::string& path, const std::string& at, const std::string& fault) {
    return {ErrorKind::not_permitted, "cannot trust", escape(path), escape(at) + " " + fault,
            escape(trust_remedy(at))};
}

// The parts of PATH before those of REST.
void prepend(std::string_view path, std::deque<std::string>& rest) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const auto part = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(part.size() + 1, path.size()));
        if (!part.empty() && part != ".") parts.emplace_back(part);
    }
    rest.insert(rest.begin(), parts.begin(), parts.end());
}

std::string link_text(int link) {
    char text[4096];
    const auto n = readlinkat(link, "", text, sizeof text);
    return n <= 0 || n == sizeof text ? "" : std::string(text, static_cast<std::size_t>(n));
}

Fd duplicate(const Fd& fd) { return Fd{fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)}; }

// Walks a path as the kernel does.
class Walk {
 public:
    Walk(const std::string& path, std::optional<uid_t> trusted) : whole_(path), trusted_(trusted) {
        prepend(path, rest_);
    }

    Result<Trail> go() {
        if (!whole_.starts_with('/')) return unfollowed(whole_, EINVAL);
        if (auto r = enter_root(); !r) return r.error();
        while (!rest_.empty()) {
            const auto part = std::exchange(rest_.front(), {});
            rest_.pop_front();
            if (auto r = step(part); !r) return r.error();
        }
        if (!trail_.file) return unfollowed(whole_, EISDIR);
        trail_.path = place(name_);
        return std::move(trail_);
    }

 private:
    struct Directory {
        Fd fd;
        std::string path; // without the last slash
    };

    Result<> enter_root() {
        above_.clear();
        return enter(Fd{uninterrupted([] { return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC); })}, "");
    }
    Result<> enter(Fd fd, const std::string& path) {
        struct stat st {};
        if (!fd || fstat(fd.get(), &st) < 0) return unfollowed(path, errno);
        if (auto r = trust(st, path.empty() ? "/" : path, true); !r) return r;
        trail_.way.push_back(duplicate(fd));
        above_.push_back({std::move(fd), path});
        return {};
    }
    Result<> step(const std::string& part) {
        if (part == "..") {
            if (above_.size() > 1) above_.pop_back();
            return {};
        }
        const auto at = place(part);
        Fd fd{uninterrupted(
            [&] { return openat(above_.back().fd.get(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC); })};
        struct stat st {};
        if (!fd || fstat(fd.get(), &st) < 0) return unfollowed(at, errno);
        if (S_ISDIR(st.st_mode)) return enter(std::move(fd), at);
        if (S_ISLNK(st.st_mode)) return follow_link(std::move(fd), st, at);
        if (!rest_.empty()) return unfollowed(at, ENOTDIR);
        if (!S_ISREG(st.st_mode))
            return Error{ErrorKind::failed, "cannot use", escape(at), "it is no file", ""};
        name_ = part;
        trail_.file = std::move(fd);
        return trust(st, at, false);
    }
    Result<> follow_link(Fd link, const struct stat& st, const std::string& at) {
        if (++links_ > most_links) return unfollowed(at, ELOOP);
        // A link's mode says nothing; who may replace it, its directory's.
        struct stat owner = st;
        owner.st_mode &= ~static_cast<mode_t>(S_IWGRP | S_IWOTH);
        if (auto r = trust(owner, at, false); !r) return r;
        const auto target = link_text(link.get());
        if (target.empty()) return unfollowed(at, EINVAL);
        trail_.way.push_back(std::move(link));
        prepend(target, rest_);
        return target.starts_with('/') ? enter_root() : Result<>{};
    }
    Result<> trust(const struct stat& st, const std::string& at, bool sticky) const {
        if (!trusted_) return {};
        if (const auto fault = stranger(st, *trusted_, sticky); !fault.empty())
            return untrusted(whole_, at, fault);
        return {};
    }
    std::string place(const std::string& name) const { return above_.back().path + "/" + name; }

    std::string whole_;
    std::optional<uid_t> trusted_;
    std::deque<std::string> rest_;
    std::vector<Directory> above_; // from the root on
    std::string name_;
    int links_ = 0;
    Trail trail_;
};

bool may(const struct stat& st, const Identity& who, bool directory) {
    if (who.uid == 0) return directory || (st.st_mode & 0111) != 0;
    const bool in_group = st.st_gid == who.gid ||
                          std::find(who.groups.begin(), who.groups.end(), st.st_gid) != who.groups.end();
    const mode_t bit = st.st_uid == who.uid ? S_IXUSR : in_group ? S_IXGRP : S_IXOTH;
    return (st.st_mode & bit) != 0;
}

} // namespace

Result<Trail> follow(const std::string& path, std::optional<uid_t> trusted) {
    return Walk{path, trusted}.go();
}

Result<ProgramFiles> program_files(const std::string& path, std::optional<uid_t> trusted) {
    ProgramFiles program;
    auto next = path;
    for (int level = 0; level <= most_interpreters; ++level) {
        auto trail = follow(next, trusted);
        if (!trail) return trail.error();
        program.files.push_back(*std::move(trail));
        const auto kind = kind_of(program.files.back().path);
        if (!kind) return unfollowed(program.files.back().path, errno);
        if (kind->loader) {
            program.loader = kind->interpreter;
            program.loaded = program.files.back().path;
            auto loader = follow(program.loader, trusted);
            if (!loader) return loader.error();
            program.files.push_back(*std::move(loader));
            return program;
        }
        if (kind->interpreter.empty()) return program;
        next = kind->interpreter;
    }
    return unfollowed(path, ELOOP);
}

uid_t trusted_with(uid_t runs_as) { return geteuid() == 0 ? runs_as : geteuid(); }

std::string cannot_execute(const ProgramFiles& program, const Identity& who) {
    for (const auto& trail : program.files) {
        struct stat st {};
        for (const auto& place : trail.way)
            if (fstat(place.get(), &st) == 0 && S_ISDIR(st.st_mode) && !may(st, who, true))
                return "a directory on its way may not be entered";
        if (fstat(trail.file.get(), &st) == 0 && !may(st, who, false))
            return trail.path + " may not be executed";
        struct statvfs system {};
        if (fstatvfs(trail.file.get(), &system) == 0 && (system.f_flag & ST_NOEXEC) != 0)
            return trail.path + " is on a file system that executes nothing";
    }
    return {};
}

} // namespace dmev
