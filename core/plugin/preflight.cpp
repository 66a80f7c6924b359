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
#include "base/io.hpp"
#include "base/trust.hpp"
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

    const auto within = open_trusted(directory, user, false);
    if (!within) return refused(file, within.error().why, within.error().remedy);
    // NONBLOCK: a FIFO must not hold us up. It changes nothing for a file.
    const Fd fd{uninterrupted([&] {
        return ::openat(within->get(), file.filename().c_str(),
                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    })};
    if (!fd && errno == ELOOP)
        return refused(file, "it is a symbolic link", "put the file itself into the directory");
    struct stat stat {};
    if (!fd || fstat(fd.get(), &stat) != 0) return refused_errno(file, file, errno);
    if (!S_ISREG(stat.st_mode)) return refused(file, "it is not a regular file", "remove it");
    if (auto fault = stranger(stat, user, false); !fault.empty())
        return refused(file, "it " + fault, trust_remedy(file));
    if (static_cast<std::uint64_t>(stat.st_size) > kLargest)
        return refused(file, fmt::format("it has {} bytes, more than any plugin", stat.st_size), "remove it");

    const auto bytes = read_all(fd, static_cast<std::uint64_t>(stat.st_size), file);
    if (!bytes) return bytes.error();
    if (auto fault = elf_fault(*bytes, own_elf_kind()); !fault.empty())
        return refused(file, std::move(fault), "install it again, or build it for this machine");
    return file;
}

} // namespace dmev
