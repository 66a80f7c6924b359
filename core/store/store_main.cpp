// SPDX-License-Identifier: Apache-2.0
#include "store/store_main.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "model/event_json.hpp"
#include "process/frames.hpp"
#include "store/protocol.hpp"

namespace dmev {
namespace {

// Long enough for a busy disk; one that hangs would keep us for ever.
constexpr std::chrono::milliseconds last_patience{30'000};
constexpr int look_at_least_every = 1000; // ms: a write that takes too long is found then

struct Take {
    History& history;
    void operator()(StoreSetup&&) const {} // only the first counts
    void operator()(StoreEvent&& event) const {
        if (const auto parsed = parse_event(event.json)) history.event(*parsed);
    }
    void operator()(StoreDecision&& decision) const {
        history.decision(decision.time, decision.event_id, std::move(decision.json));
    }
    void operator()(StoreRemember&& remember) const { history.remember(std::move(remember.changes)); }
    void operator()(StoreLost&& lost) const { history.lost(lost.rows); }
    void operator()(StoreSettled&&) const { history.earlier_settled(); }
    void operator()(StoreLimits&& limits) const { history.limit(limits.keep, limits.max_size); }
};

class Connection {
 public:
    explicit Connection(int socket) : socket_(socket) {}

    // Takes in what is there; false when the other end has closed, or sent nonsense.
    bool take(History& history) {
        char buffer[65536];
        const auto n = recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        in_.add({buffer, static_cast<std::size_t>(n)});
        while (auto frame = in_.next()) {
            auto order = decode_store_order(*frame);
            if (!order) return false;
            std::visit(Take{history}, *std::move(order));
        }
        return n > 0 && !in_.broken();
    }

    void say(const StoreReport& report) const { write_frame(socket_, encode(report)); }

 private:
    int socket_;
    FrameBuffer in_;
};

} // namespace

int store_main(int socket) {
    const auto first = read_frame(socket);
    auto order = first ? decode_store_order(*first) : std::nullopt;
    auto* setup = order ? std::get_if<StoreSetup>(&*order) : nullptr;
    if (!setup) return first ? 1 : 0;
    Connection connection{socket};
    History history{
        std::move(setup->options),
        std::move(setup->boot_id),
        {.state = [&](const std::string& why) { connection.say(StoreState{why}); },
         .remembered =
             [&](std::vector<Remembered>&& rows) { connection.say(StoreMemory{std::move(rows)}); }}};
    for (bool open = true; open;) {
        pollfd ready[] = {{socket, POLLIN, 0}, {history.fd(), POLLIN, 0}};
        poll(ready, 2, look_at_least_every);
        history.dispatch();
        if (ready[0].revents != 0) open = connection.take(history);
    }
    return history.drain(last_patience) ? 0 : 1;
}

} // namespace dmev
