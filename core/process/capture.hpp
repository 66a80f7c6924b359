// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "base/fd.hpp"

namespace dmev {

// Reads all that a program prints, so that it never waits for us, and keeps the last of it.
class Capture {
 public:
    static constexpr std::size_t kept = 8 << 10;

    explicit Capture(Fd pipe); // makes it non-blocking
    int fd() const { return pipe_.get(); }
    bool open() const { return static_cast<bool>(pipe_); }
    // Reads what is there, a megabyte at most; false when there is nothing more for now.
    bool take();
    void close() { pipe_.reset(); }

    std::string tail() const;
    std::uint64_t bytes() const { return bytes_; }

 private:
    Fd pipe_;
    std::string last_;
    std::uint64_t bytes_ = 0;
};

} // namespace dmev
