// SPDX-License-Identifier: Apache-2.0
// The beginning of a program that somebody put there: nobody must be there for it, or one whose path is one.
#include "input.hpp"
#include "process/program_kind.hpp"

using namespace dmev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = view(data, size);
    const auto [interpreter, loader] = kind_of_bytes(bytes);
    promise(interpreter.empty() || interpreter.front() == '/');
    promise(interpreter.find('\0') == interpreter.npos);
    promise(!loader || !interpreter.empty());
    const bool script = bytes.starts_with("#!");
    promise(script ? interpreter.find('\n') == interpreter.npos && !loader : interpreter.empty() || loader);
    return 0;
}
