// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace dmev {

// The right to be the one instance of this path: a locked file with our process id, for as long as it lives.
// The lock is the truth and ends with the process however it dies; a file left behind means nothing.
class Pidfile {
 public:
    // Refuses when another process holds the lock, and names it. A file that holds anything but a process id
    // is left alone. PATIENCE: how long to wait for the other one's end, or for a descriptor where there is
    // none left. REQUIRES: no process is forked from ours while it lives.
    static Result<Pidfile> take(const std::string& path, std::chrono::milliseconds patience = {});
    static bool is_taken(const Error& error); // by another process, as take() found

    Pidfile(Pidfile&&) = default;
    Pidfile& operator=(Pidfile&&) = delete;
    ~Pidfile(); // removes the file unless it is a successor's by now

 private:
    Pidfile(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    std::string path_;
    Fd fd_;
};

} // namespace dmev
