// SPDX-License-Identifier: Apache-2.0
#include "plugin/elf_check.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <cstring>
#include <optional>

// The linker's name for the ELF header of the program it links.
extern "C" __attribute__((visibility("hidden"))) const ElfW(Ehdr) __ehdr_start;

namespace dmev {
namespace {

std::string machine_name(std::uint16_t machine) {
    switch (machine) {
        case EM_386: return "x86";
        case EM_X86_64: return "x86-64";
        case EM_ARM: return "ARM";
        case EM_AARCH64: return "AArch64";
        case EM_PPC64: return "PowerPC 64";
        case EM_S390: return "S/390";
        case EM_RISCV: return "RISC-V";
        default: return fmt::format("machine {}", machine);
    }
}

bool within(std::span<const std::byte> file, std::uint64_t offset, std::uint64_t size) {
    return offset <= file.size() && size <= file.size() - offset;
}

// A copy, since nothing says that a header in a file is aligned.
template <class T>
std::optional<T> read_at(std::span<const std::byte> file, std::uint64_t offset) {
    if (!within(file, offset, sizeof(T))) return std::nullopt;
    T value;
    std::memcpy(&value, file.data() + offset, sizeof value);
    return value;
}

std::string identity_fault(const Elf64_Ehdr& header, ElfKind wanted) {
    if (header.e_ident[EI_CLASS] != ELFCLASS64) return "it is not a 64 bit library";
    if (header.e_ident[EI_DATA] != wanted.byte_order) return "it is built for the other byte order";
    if (header.e_machine != wanted.machine)
        return fmt::format("it is built for {}, this program runs on {}", machine_name(header.e_machine),
                           machine_name(wanted.machine));
    if (header.e_ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT)
        return "its ELF version is unknown";
    if (header.e_type != ET_DYN) return "it is not a shared library";
    return {};
}

} // namespace

ElfKind own_elf_kind() { return {__ehdr_start.e_ident[EI_DATA], __ehdr_start.e_machine}; }

std::string elf_fault(std::span<const std::byte> file, ElfKind wanted) {
    if (!within(file, 0, SELFMAG) || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0)
        return "it is not an ELF file";
    const auto truncated = [&](const char* what) {
        return fmt::format("it is truncated: {} lie beyond its {} bytes", what, file.size());
    };
    const auto header = read_at<Elf64_Ehdr>(file, 0);
    if (!header) return truncated("parts of its header");
    if (auto bad = identity_fault(*header, wanted); !bad.empty()) return bad;

    // Counts and entry sizes are of 16 bits: their products cannot overflow.
    if (header->e_phnum == 0 || header->e_phentsize != sizeof(Elf64_Phdr)) return "it has no program headers";
    if (!within(file, header->e_phoff, std::uint64_t{header->e_phnum} * sizeof(Elf64_Phdr)))
        return truncated("its program headers");
    // The section headers are not needed for loading, but linkers write them last: they tell of a lost tail.
    if (header->e_shoff != 0 &&
        !within(file, header->e_shoff, std::uint64_t{header->e_shnum} * header->e_shentsize))
        return truncated("its section headers");

    bool loads = false, dynamic = false;
    for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
        const auto segment = read_at<Elf64_Phdr>(file, header->e_phoff + i * sizeof(Elf64_Phdr));
        if (segment->p_type != PT_LOAD && segment->p_type != PT_DYNAMIC) continue;
        (segment->p_type == PT_LOAD ? loads : dynamic) = true;
        if (!within(file, segment->p_offset, segment->p_filesz)) return truncated("parts of a segment");
        if (segment->p_filesz > segment->p_memsz) return "a segment is larger in the file than in memory";
    }
    if (!loads || !dynamic) return "it has nothing that could be loaded";
    return {};
}

} // namespace dmev
