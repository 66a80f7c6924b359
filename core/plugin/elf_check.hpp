// SPDX-License-Identifier: Apache-2.0
// Whether bytes are a whole shared library for this program. Pure, and safe on any bytes: a library that lost
// its tail kills dlopen with SIGBUS, so this is asked before anything is mapped.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace dmev {

// What tells one kind of machine code from another.
struct ElfKind {
    std::uint8_t byte_order = 0; // ELFDATA2LSB or ELFDATA2MSB
    std::uint16_t machine = 0;   // EM_X86_64 and so on
};

// The kind this program is built for.
ElfKind own_elf_kind();

// Why FILE, all of its bytes, is no whole 64 bit shared library of the kind WANTED; empty when it is one.
std::string elf_fault(std::span<const std::byte> file, ElfKind wanted);

} // namespace dmev
