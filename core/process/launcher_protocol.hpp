// SPDX-License-Identifier: Apache-2.0
// What a launcher and who asks it say to each other: one packet each way, the answer with a descriptor.
#pragma once
#include <cstdint>

#include "base/fd.hpp"

namespace dmev {

// A request of another kind gets EINVAL, so that kinds can be added.
enum RequestKind : std::uint32_t {
    reader_request = 1,
    shepherd_request = 2,
    keeper_request = 3,
    store_request = 4,
    waiting_shepherd_request = 5
};
struct LauncherRequest {
    std::uint32_t kind;
    std::uint32_t serial;
};
struct LauncherReply {
    std::uint32_t serial; // the request's
    std::int32_t error;   // 0, or errno of what failed
    std::int32_t pid;
};

// With FD, unless it is -1. Who does not take its answers is not waited for.
void send_reply(int socket, const LauncherReply& reply, int fd);

struct LauncherAnswer {
    LauncherReply reply{};
    Fd fd;
};
// Takes one answer if there is one; errno tells why not, EPIPE when there will be none any more.
bool take_answer(int socket, LauncherAnswer& answer);

} // namespace dmev
