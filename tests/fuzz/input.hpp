// SPDX-License-Identifier: Apache-2.0
// What every fuzz target is handed, as a string_view; a broken promise aborts, so that the fuzzer keeps the
// input.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

inline void promise(bool kept, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (kept) return;
    std::fprintf(stderr, "%s:%d: a promise was not kept\n", file, line);
    std::abort();
}

// The next line of REST, which loses it.
inline std::string_view next_line(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : rest.size());
    return line;
}
