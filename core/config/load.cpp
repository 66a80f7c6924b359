// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/io.hpp"
#include "base/trust.hpp"
#include "config/config_directory.hpp" // made by the build

namespace dmev {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEnough = (1u << 20) + 1; // one more than a configuration may have: it is told later
constexpr int kMostLinks = 40;                  // as the kernel

Error unreadable(const fs::path& at, int errno_value) {
    auto error = errno_error("the file cannot be read", {}, errno_value);
    error.object = at.native();
    error.remedy = errno_value == EACCES ? "run as a user that may read it" : "";
    return error;
}

Error untrusted(std::string why, std::string remedy) {
    return {ErrorKind::bad_config, "the file is not trusted", {}, std::move(why), std::move(remedy)};
}

// A file to be read, in a directory that was looked at.
struct Found {
    Fd directory;
    fs::path path; // without links
};

// Follows the links that FILE may be, so that whoever could change one of them is found.
Result<Found> find(fs::path file, uid_t user, bool sticky) {
    for (int links = 0; links < kMostLinks; ++links) {
        std::error_code ec;
        const auto directory = fs::canonical(file.has_parent_path() ? file.parent_path() : ".", ec);
        if (ec) return unreadable(file, ec.value());
        auto within = open_trusted(directory, user, sticky);
        if (!within) return untrusted(within.error().why, within.error().remedy);
        file = directory / file.filename();
        struct stat stat {};
        if (fstatat(within->get(), file.filename().c_str(), &stat, AT_SYMLINK_NOFOLLOW) != 0)
            return unreadable(file, errno);
        if (!S_ISLNK(stat.st_mode)) return Found{*std::move(within), file};
        stat.st_mode &= ~static_cast<mode_t>(S_IWGRP | S_IWOTH); // a link's own mode means nothing
        if (auto fault = stranger(stat, user, false); !fault.empty())
            return untrusted("the link " + file.native() + " " + fault, "make it root's");
        const auto target = fs::read_symlink(file, ec);
        if (ec) return unreadable(file, ec.value());
        file = directory / target;
    }
    return unreadable(file, ELOOP);
}

Result<std::string> read_all(const Fd& fd, const fs::path& path) {
    std::string text;
    std::array<char, 65536> buffer;
    while (text.size() < kEnough) {
        const auto n = ::read(fd.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return unreadable(path, errno);
        if (n == 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return text;
}

Result<std::string> read_trusted(const fs::path& named, uid_t user, bool sticky) {
    const auto found = find(named, user, sticky);
    if (!found) return found.error();
    // NONBLOCK: a FIFO must not hold us up. It changes nothing for a file.
    const Fd fd{uninterrupted([&] {
        return ::openat(found->directory.get(), found->path.filename().c_str(),
                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    })};
    struct stat stat {};
    if (!fd || fstat(fd.get(), &stat) != 0) return unreadable(found->path, errno);
    if (!S_ISREG(stat.st_mode))
        return Error{ErrorKind::bad_config,
                     "the file cannot be read",
                     {},
                     S_ISDIR(stat.st_mode) ? "it is a directory" : "it is not a regular file",
                     "name a YAML file"};
    if (const auto fault = stranger(stat, user, false); !fault.empty())
        return untrusted((found->path == named ? "it" : found->path.native()) + " " + fault,
                         trust_remedy(found->path));
    return read_all(fd, found->path);
}

void read_file(const fs::path& file, bool sticky, Settings& into, Diagnostics& diagnostics) {
    const auto text = read_trusted(file, geteuid(), sticky);
    if (text) return read_settings(*text, file, into, diagnostics);
    const auto& error = text.error();
    diagnostics.error({file}, error.what, error.object == file ? "" : error.object, error.why, error.remedy);
}

bool is_absent(const fs::path& path) {
    std::error_code ec;
    return fs::symlink_status(path, ec).type() == fs::file_type::not_found;
}

// The names of conf.d that count, by their bytes.
std::vector<fs::path> drop_ins(const fs::path& directory, Diagnostics& diagnostics) {
    std::vector<fs::path> files;
    std::error_code ec;
    for (fs::directory_iterator entry{directory, ec}; !ec && entry != fs::directory_iterator{};
         entry.increment(ec)) {
        const auto name = entry->path().filename().native();
        if (name.ends_with(".yaml") && !name.starts_with('.')) files.push_back(entry->path());
    }
    if (ec) diagnostics.error({directory}, "the directory cannot be read", {}, ec.message());
    std::sort(files.begin(), files.end(), [](auto& a, auto& b) { return a.native() < b.native(); });
    return files;
}

} // namespace

fs::path config_directory() { return DMEVENT_CONFIG_DIR; }

Settings load_settings(const ConfigPlace& place, Diagnostics& diagnostics) {
    Settings settings;
    if (!place.file.empty()) {
        read_file(place.file, true, settings, diagnostics);
        return settings;
    }
    const auto main = place.directory / "dmevent_tool.yaml", more = place.directory / "conf.d";
    if (!is_absent(main)) read_file(main, false, settings, diagnostics);
    if (!is_absent(more))
        for (const auto& file : drop_ins(more, diagnostics)) read_file(file, false, settings, diagnostics);
    return settings;
}

} // namespace dmev
