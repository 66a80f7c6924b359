// SPDX-License-Identifier: Apache-2.0
#include "base/io.hpp"

#include <unistd.h>

namespace dmev {

bool write_whole(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
        if (n < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

std::optional<std::string> read_whole(int fd, std::size_t most) {
    std::string text(most, '\0');
    std::size_t have = 0;
    while (have < most) {
        const auto n = uninterrupted(
            [&] { return ::pread(fd, text.data() + have, most - have, static_cast<off_t>(have)); });
        if (n < 0) return std::nullopt;
        if (n == 0) break;
        have += static_cast<std::size_t>(n);
    }
    text.resize(have);
    return text;
}

} // namespace dmev
