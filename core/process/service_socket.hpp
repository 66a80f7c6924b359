// SPDX-License-Identifier: Apache-2.0
// The sockets of our own services, and who may meet there: root and our own user, as the kernel says.
#pragma once
#include <string>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace dmev {

// Where a service listens: the socket that a service manager opened for us ($LISTEN_FDS), or else PATH, made
// anew for our own user alone. TYPE: SOCK_STREAM or SOCK_SEQPACKET. The error: another listens there, or what
// was handed over is no listening socket of this type.
class ListeningSocket {
 public:
    static Result<ListeningSocket> open(const std::string& path, int type);
    ~ListeningSocket(); // removes what it made
    ListeningSocket(ListeningSocket&&) = default;
    ListeningSocket& operator=(ListeningSocket&&) = delete;
    int get() const { return fd_.get(); }

 private:
    ListeningSocket(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Fd fd_;
    std::string path_; // empty: not ours to remove
};

// Non-blocking, also while it connects: one that is stopped, with a full queue before it, is no reason to
// wait.
Result<Fd> connect_to(const std::string& path, int type);

// Readable when a service is told to end, by SIGTERM or SIGINT, which are blocked from then on. REQUIRES:
// single-threaded.
Result<Fd> ending_signals();

// Whether CONNECTION, which was accepted, is somebody's who may meet us; else that is logged.
bool may_ask(int connection);

} // namespace dmev
