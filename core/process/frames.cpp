// SPDX-License-Identifier: Apache-2.0
#include "process/frames.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dmev {
namespace {

constexpr std::size_t length_size = sizeof(std::uint32_t);

bool read_all(int fd, char* to, std::size_t size) {
    while (size > 0) {
        const auto n = read(fd, to, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        to += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

} // namespace

std::string framed(std::string_view body) {
    const auto length = static_cast<std::uint32_t>(body.size());
    std::string out(length_size, '\0');
    std::memcpy(out.data(), &length, length_size);
    return out.append(body);
}

std::optional<std::string> FrameBuffer::next() {
    if (broken_ || buffer_.size() < length_size) return std::nullopt;
    std::uint32_t length;
    std::memcpy(&length, buffer_.data(), length_size);
    if (length > max_frame) {
        broken_ = true;
        return std::nullopt;
    }
    if (buffer_.size() - length_size < length) return std::nullopt;
    auto frame = buffer_.substr(length_size, length);
    buffer_.erase(0, length_size + length);
    return frame;
}

std::optional<std::string> read_frame(int socket) {
    std::uint32_t length = 0;
    if (!read_all(socket, reinterpret_cast<char*>(&length), sizeof length) || length > max_frame)
        return std::nullopt;
    std::string frame(length, '\0');
    if (!read_all(socket, frame.data(), length)) return std::nullopt;
    return frame;
}

bool write_frame(int socket, std::string_view frame) {
    while (!frame.empty()) {
        const auto n = send(socket, frame.data(), frame.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        frame.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

} // namespace dmev
