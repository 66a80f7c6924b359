// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace dmev {

// Who must be there too for a file to run.
struct ProgramKind {
    std::string interpreter; // of a script, or the loader of a dynamic program; empty: nobody, or it is none
    bool loader = false;
};

// The beginning of a file: a script's first line, or an ELF file's headers, as the kernel reads them.
ProgramKind kind_of_bytes(std::string_view bytes);

// Of the file at PATH, which is no link; errno says why not.
std::optional<ProgramKind> kind_of(const std::string& path);

} // namespace dmev
