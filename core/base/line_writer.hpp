// SPDX-License-Identifier: Apache-2.0
// Writes lines to a descriptor on a thread of its own, so that a slow disk or pipe never stops the caller.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace dmev {

class LineWriter {
 public:
    struct Options {
        std::size_t max_queued_bytes = 16 << 20; // beyond it lines are dropped, and counted
    };
    // FAILED is called on the writer's thread, once for each run of failures, with errno's error (EPIPE,
    // ENOSPC); lines that could not be written are dropped whole, and the next ones are tried again.
    LineWriter(Fd fd, std::string name, std::function<void(int errno_value, const std::string& name)> failed,
               Options options);
    ~LineWriter(); // writes what is queued, for at most a second
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;

    void write(std::string&& lines); // whole lines; never blocks
    void flush();                    // waits until everything queued was written or dropped
    std::size_t dropped() const;     // lines

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dmev
