// SPDX-License-Identifier: Apache-2.0
#include "plugin/preflight.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/fd.hpp"
#include "plugin/elf_check.hpp"

namespace dmev {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargest = 256u << 20; // a plugin has kilobytes; with all debug data, a few megabytes

Error refused(const fs::path& file, std::string why, std::string remedy) {
    return {ErrorKind::failed, "plugin refused", file, std::move(why), std::move(remedy)};
}

Error refused_errno(const fs::path& file, const fs::path& at, int errno_value) {
    return refused(file, errno_error({}, {}, errno_value).why,
                   fmt::format("see to it that {} can be read", at.native()));
}

// Why what STAT describes could be changed by somebody else; empty when it could not.
std::string stranger(const struct stat& stat, uid_t user, bool may_be_sticky) {
    if (stat.st_uid != 0 && stat.st_uid != user) return fmt::format("belongs to user {}", stat.st_uid);
    const bool sticky = may_be_sticky && (stat.st_mode & S_ISVTX);
    if ((stat.st_mode & S_IWOTH) && !sticky) return "is writable by others";
    if ((stat.st_mode & S_IWGRP) && !sticky) return "is writable by its group";
    return {};
}

Error untrusted(const fs::path& file, const fs::path& at, const std::string& fault) {
    return refused(file, fmt::format("{} {}", at == file ? "it" : at.native(), fault),
                   fmt::format("make it root's, or the user's that runs this program, and `chmod go-w {}`",
                               at.native()));
}

// The directory of FILE, open, after each one on the way to it was looked at.
Result<Fd> open_directory(const fs::path& file, uid_t user) {
    const auto directory = file.parent_path();
    fs::path at = "/";
    Fd fd{::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const auto rest = directory.relative_path();
    for (auto part = rest.begin();; ++part) {
        struct stat stat {};
        if (!fd || fstat(fd.get(), &stat) != 0) return refused_errno(file, at, errno);
        if (auto fault = stranger(stat, user, at != directory); !fault.empty())
            return untrusted(file, at, fault);
        if (part == rest.end()) return fd;
        at /= *part;
        fd = Fd{::openat(fd.get(), part->c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    }
}

Result<std::vector<std::byte>> read_all(const Fd& fd, std::uint64_t size, const fs::path& file) {
    std::vector<std::byte> bytes(size);
    std::uint64_t have = 0;
    while (have < size) {
        const auto n = pread(fd.get(), bytes.data() + have, size - have, static_cast<off_t>(have));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return refused_errno(file, file, errno);
        if (n == 0) break; // it shrank meanwhile: what is left tells
        have += static_cast<std::uint64_t>(n);
    }
    bytes.resize(have);
    return bytes;
}

} // namespace

Result<fs::path> preflight(const fs::path& named, uid_t user) {
    std::error_code ec;
    const auto directory = fs::canonical(named.parent_path().empty() ? "." : named.parent_path(), ec);
    if (ec) return refused_errno(named, named.parent_path(), ec.value());
    const auto file = directory / named.filename();

    const auto within = open_directory(file, user);
    if (!within) return within.error();
    // NONBLOCK: a FIFO must not hold us up. It changes nothing for a file.
    const Fd fd{::openat(within->get(), file.filename().c_str(),
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (!fd && errno == ELOOP)
        return refused(file, "it is a symbolic link", "put the file itself into the directory");
    struct stat stat {};
    if (!fd || fstat(fd.get(), &stat) != 0) return refused_errno(file, file, errno);
    if (!S_ISREG(stat.st_mode)) return refused(file, "it is not a regular file", "remove it");
    if (auto fault = stranger(stat, user, false); !fault.empty()) return untrusted(file, file, fault);
    if (static_cast<std::uint64_t>(stat.st_size) > kLargest)
        return refused(file, fmt::format("it has {} bytes, more than any plugin", stat.st_size), "remove it");

    const auto bytes = read_all(fd, static_cast<std::uint64_t>(stat.st_size), file);
    if (!bytes) return bytes.error();
    if (auto fault = elf_fault(*bytes, own_elf_kind()); !fault.empty())
        return refused(file, std::move(fault), "install it again, or build it for this machine");
    return file;
}

} // namespace dmev
