// SPDX-License-Identifier: Apache-2.0
// What every use of a descriptor has to bear: signals that interrupt, and less at a time than was asked for.
#pragma once
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dmev {

// What CALL returns when no signal has interrupted it.
template <class Call>
auto uninterrupted(Call call) {
    for (;;)
        if (const auto result = call(); result >= 0 || errno != EINTR) return result;
}

// For files, and for pipes that block. False: not all of it was written, and errno says why.
bool write_whole(int fd, std::string_view bytes);
// A file from its beginning to its end, or the first MOST bytes of it. None: errno says why.
std::optional<std::string> read_whole(int fd, std::size_t most);

} // namespace dmev
