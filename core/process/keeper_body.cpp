// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/io.hpp"
#include "process/keeper.hpp"
#include "process/messages.hpp"
#include "process/pinned.hpp"

namespace dmev {
namespace {

// An upgrade puts other files in the place of those that are kept.
constexpr std::chrono::milliseconds look_again = std::chrono::minutes{10};

Pinned pin(const KeepOrder& order) {
    Pinned pinned{order.most};
    for (const auto& path : order.paths) pinned.add(path);
    return pinned;
}

Kept said_of(const Pinned& pinned) {
    return {static_cast<std::uint32_t>(pinned.files()), pinned.bytes(), pinned.lacks()};
}

void allow_many_descriptors() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) < 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

} // namespace

int keeper_main(int socket) {
    // Where that is allowed: what it holds is of use when all else is in need.
    if (const Fd score{open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)}) [[maybe_unused]]
        const auto n = write(score.get(), "-1000", 5);
    allow_many_descriptors();
    KeepOrder order;
    Pinned pinned;
    std::string said;
    for (;;) {
        pollfd readable{socket, POLLIN, 0};
        const int ready = poll(&readable, 1, static_cast<int>(look_again.count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) return 1;
        bool asked = false;
        if (ready > 0) {
            char bytes[max_report];
            const auto n = uninterrupted([&] { return recv(socket, bytes, sizeof bytes, 0); });
            if (n == 0) return 0; // nobody needs it any more
            auto next = n > 0 ? decode_keep_order({bytes, static_cast<std::size_t>(n)}) : std::nullopt;
            if (!next) return 1;
            order = *std::move(next);
            asked = true;
        }
        // What was kept is let go when its successor is there: nothing of both is lost between.
        pinned = pin(order);
        auto text = encode(said_of(pinned));
        if (!asked && text == said) continue;
        said = std::move(text);
        uninterrupted([&] { return send(socket, said.data(), said.size(), MSG_NOSIGNAL | MSG_DONTWAIT); });
    }
}

} // namespace dmev
