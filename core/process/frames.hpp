// SPDX-License-Identifier: Apache-2.0
// Messages on a stream socket between processes of ours: a length, then as many bytes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dmev {

constexpr std::size_t max_frame = 16 << 20;

// BODY with its length before it.
std::string framed(std::string_view body);

// Cuts a stream into frames, for who may not wait.
class FrameBuffer {
 public:
    void add(std::string_view bytes) { buffer_.append(bytes); }
    // The next whole frame without its length. Nothing more comes from a broken() stream.
    std::optional<std::string> next();
    bool broken() const { return broken_; }

 private:
    std::string buffer_;
    bool broken_ = false;
};

// For who may wait: the next frame without its length; none when the other end has closed, or sent nonsense.
std::optional<std::string> read_frame(int socket);
// FRAME, its length included. False: nobody reads any more.
bool write_frame(int socket, std::string_view frame);

} // namespace dmev
