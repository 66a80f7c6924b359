// SPDX-License-Identifier: Apache-2.0
#include "store/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/fd.hpp"
#include "base/io.hpp"
#include "base/trust.hpp"

namespace dmev {
namespace {

// What the library adds to the name: the log of changes, the index of that, the journal of the older way.
constexpr const char* kCompanions[] = {"-wal", "-shm", "-journal"};

Error wrong(const std::string& file, std::string why, std::string remedy) {
    return Error{ErrorKind::failed, "cannot open", file, std::move(why), std::move(remedy)};
}

// The file NAME of DIRECTORY, made if it is missing; the error's object is PATH.
Result<> look_at_file(const Fd& directory, const char* name, const std::string& path) {
    Fd fd{uninterrupted([&] {
        return openat(directory.get(), name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    })};
    if (!fd && errno != EEXIST) return errno_error("cannot make", path, errno);
    struct stat stat {};
    if (fstatat(directory.get(), name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
        return errno_error("cannot open", path, errno);
    if (!S_ISREG(stat.st_mode)) return wrong(path, "it is no regular file", "name another file");
    if (const auto fault = stranger(stat, geteuid(), false); !fault.empty())
        return wrong(path, "it " + fault, trust_remedy(path));
    return {};
}

} // namespace

Result<std::string> make_private_file(const std::string& file, bool make_directory) {
    const std::filesystem::path path{file};
    if (!path.is_absolute() || !path.has_filename())
        return wrong(file, "it is no absolute path of a file", "write one that begins with '/'");
    if (make_directory && mkdir(path.parent_path().c_str(), 0700) != 0 && errno != EEXIST)
        return errno_error("cannot make directory", path.parent_path(), errno);
    std::error_code error;
    const auto directory = std::filesystem::canonical(path.parent_path(), error);
    if (error) return errno_error("cannot open directory", path.parent_path(), error.value());
    const auto fd = open_trusted(directory, geteuid(), false);
    if (!fd) {
        auto e = fd.error();
        e.what = "cannot trust directory";
        return e;
    }
    const auto whole = (directory / path.filename()).string();
    if (auto r = look_at_file(*fd, path.filename().c_str(), whole); !r) return r.error();
    return whole;
}

bool looks_like_database(const std::string& file) {
    constexpr std::string_view magic{"SQLite format 3", 16};
    char begin[magic.size()] = {};
    const Fd fd{::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
    const auto n = fd ? ::read(fd.get(), begin, sizeof begin) : -1;
    const auto zero = [](char c) { return c == '\0'; };
    return n == sizeof begin &&
           (magic == std::string_view{begin, sizeof begin} || std::all_of(begin, begin + n, zero));
}

Result<> rename_database(const std::string& file, const std::string& to) {
    // The file first: a log without its file is dropped by the library, a file without its log is old.
    if (::rename(file.c_str(), to.c_str()) != 0) return errno_error("cannot set aside", file, errno);
    for (const auto* companion : kCompanions) {
        ::unlink((to + companion).c_str());
        ::rename((file + companion).c_str(), (to + companion).c_str());
    }
    return {};
}

void remove_database(const std::string& file) {
    ::unlink(file.c_str());
    for (const auto* companion : kCompanions) ::unlink((file + companion).c_str());
}

Result<> replace_database(const std::string& file, const std::string& next, const std::string& aside) {
    remove_database(aside);
    ::link(file.c_str(), aside.c_str());
    // Before the new file: a log of the old one would be written back into it.
    for (const auto* companion : kCompanions)
        ::rename((file + companion).c_str(), (aside + companion).c_str());
    if (::rename(next.c_str(), file.c_str()) != 0) return errno_error("cannot replace", file, errno);
    return {};
}

} // namespace dmev
