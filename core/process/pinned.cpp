// SPDX-License-Identifier: Apache-2.0
#include "process/pinned.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/io.hpp"
#include "base/text.hpp"

namespace dmev {
namespace {

// What the loader looks at before it loads anything.
constexpr const char* loader_files[] = {"/etc/ld.so.cache", "/etc/ld.so.preload"};

std::string lack(const std::string& path, int error) {
    return errno_error("cannot keep", escape(path), error).text();
}

} // namespace

Pinned::Locked::~Locked() {
    if (at_) munmap(at_, size_);
}

void Pinned::add(const std::string& path) {
    auto program = program_files(path, std::nullopt);
    if (!program) return void(lacks_.push_back(program.error().text()));
    const auto loader = program->loader, loaded = program->loaded;
    for (auto& trail : program->files) pin(std::move(trail));
    if (loader.empty()) return;
    auto needed = libraries(loader, loaded);
    if (!needed) return void(lacks_.push_back(needed.error().text()));
    for (const char* file : loader_files)
        if (auto trail = follow(file, std::nullopt)) pin(*std::move(trail));
    for (const auto& library : *needed) add_file(library);
}

void Pinned::add_file(const std::string& path) {
    auto trail = follow(path, std::nullopt);
    if (!trail) return void(lacks_.push_back(trail.error().text()));
    pin(*std::move(trail));
}

void Pinned::pin(Trail&& trail) {
    struct stat st {};
    for (auto& place : trail.way)
        if (fstat(place.get(), &st) == 0) places_.try_emplace({st.st_dev, st.st_ino}, std::move(place));
    if (fstat(trail.file.get(), &st) < 0) return void(lacks_.push_back(lack(trail.path, errno)));
    const Key key{st.st_dev, st.st_ino};
    if (files_.contains(key)) return;
    const auto size = static_cast<std::uint64_t>(st.st_size);
    if (size > most_ - bytes_)
        return void(lacks_.push_back(fmt::format("cannot keep {}: it has {} KiB, more than is left of {} KiB",
                                                 escape(trail.path), size >> 10, most_ >> 10)));
    const Fd file{uninterrupted(
        [&] { return open(trail.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY); })};
    if (!file) return void(lacks_.push_back(lack(trail.path, errno)));
    // An empty file is its name alone.
    void* at = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
    if (at == MAP_FAILED) return void(lacks_.push_back(lack(trail.path, errno)));
    Locked locked{at, size};
    if (at && mlock(at, size) < 0) return void(lacks_.push_back(lack(trail.path, errno)));
    places_.try_emplace(key, std::move(trail.file)); // its name, that is
    files_.try_emplace(key, std::move(locked));
    bytes_ += size;
}

} // namespace dmev
