// SPDX-License-Identifier: Apache-2.0
#include "process/program_kind.hpp"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fd.hpp"
#include "base/io.hpp"

namespace dmev {
namespace {

constexpr std::size_t looked_at = 4096; // all that counts lies there in what linkers make
constexpr std::size_t script_line = 256;

std::string script_interpreter(std::string_view bytes) {
    auto line = bytes.substr(2, script_line - 2);
    line = line.substr(0, line.find('\n'));
    const auto from = line.find_first_not_of(" \t");
    if (from == line.npos) return {};
    line.remove_prefix(from);
    const std::string name{line.substr(0, line.find_first_of(std::string_view{" \t\0", 3}))};
    return name.starts_with('/') ? name : "/" + name; // programs start in the root
}

template <class T>
std::optional<T> at(std::string_view bytes, std::uint64_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

template <class Header, class Segment>
std::string elf_loader(std::string_view bytes) {
    const auto header = at<Header>(bytes, 0);
    if (!header || header->e_phentsize != sizeof(Segment)) return {};
    for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
        const auto segment = at<Segment>(bytes, header->e_phoff + i * sizeof(Segment));
        if (!segment) return {};
        if (segment->p_type != PT_INTERP) continue;
        if (segment->p_offset > bytes.size()) return {};
        const auto name = bytes.substr(segment->p_offset, segment->p_filesz);
        return std::string{name.substr(0, name.find('\0'))};
    }
    return {};
}

} // namespace

ProgramKind kind_of_bytes(std::string_view bytes) {
    if (bytes.starts_with("#!")) return {script_interpreter(bytes), false};
    if (bytes.size() < EI_NIDENT || !bytes.starts_with(ELFMAG)) return {};
    auto loader = bytes[EI_CLASS] == ELFCLASS64   ? elf_loader<Elf64_Ehdr, Elf64_Phdr>(bytes)
                  : bytes[EI_CLASS] == ELFCLASS32 ? elf_loader<Elf32_Ehdr, Elf32_Phdr>(bytes)
                                                  : std::string{};
    const bool found = loader.starts_with('/');
    return {found ? std::move(loader) : std::string{}, found};
}

std::optional<ProgramKind> kind_of(const std::string& path) {
    const Fd fd{uninterrupted(
        [&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY); })};
    // Who may execute it and not read it learns no more of it.
    if (!fd && errno == EACCES) return ProgramKind{};
    if (!fd) return std::nullopt;
    const auto bytes = read_whole(fd.get(), looked_at);
    return bytes ? std::optional{kind_of_bytes(*bytes)} : std::nullopt;
}

} // namespace dmev
