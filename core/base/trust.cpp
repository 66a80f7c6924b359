// SPDX-License-Identifier: Apache-2.0
#include "base/trust.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "base/io.hpp"

namespace dmev {

std::string stranger(const struct stat& stat, uid_t user, bool sticky) {
    if (stat.st_uid != 0 && stat.st_uid != user) return fmt::format("belongs to user {}", stat.st_uid);
    const bool safe = sticky && S_ISDIR(stat.st_mode) && (stat.st_mode & S_ISVTX);
    if ((stat.st_mode & S_IWOTH) && !safe) return "is writable by others";
    if ((stat.st_mode & S_IWGRP) && !safe) return "is writable by its group";
    return {};
}

std::string trust_remedy(const std::filesystem::path& path) {
    return fmt::format("make it root's, or the user's that runs this program, and `chmod go-w {}`",
                       path.native());
}

Result<Fd> open_trusted(const std::filesystem::path& directory, uid_t user, bool sticky) {
    std::filesystem::path at = "/";
    Fd fd{uninterrupted([] { return ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC); })};
    const auto rest = directory.relative_path();
    for (auto part = rest.begin();; ++part) {
        struct stat stat {};
        if (!fd || fstat(fd.get(), &stat) != 0) {
            auto error = errno_error({}, at, errno);
            error.remedy = fmt::format("see to it that {} can be read", at.native());
            return error;
        }
        if (const auto fault = stranger(stat, user, sticky || at != directory); !fault.empty())
            return Error{ErrorKind::failed, {}, at, at.native() + " " + fault, trust_remedy(at)};
        if (part == rest.end()) return fd;
        at /= *part;
        fd = Fd{uninterrupted([&] {
            return ::openat(fd.get(), part->c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        })};
    }
}

} // namespace dmev
