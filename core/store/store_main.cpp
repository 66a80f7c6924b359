// SPDX-License-Identifier: Apache-2.0
#include "store/store_main.hpp"

#include <sys/socket.h>

#include "model/event_json.hpp"
#include "process/frames.hpp"
#include "store/protocol.hpp"

namespace dmev {
namespace {

// Long enough for a busy disk; one that hangs would keep us for ever.
constexpr auto last_patience = std::chrono::seconds{30};

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
};

} // namespace

int store_main(int socket) {
    const auto first = read_frame(socket);
    auto order = first ? decode_store_order(*first) : std::nullopt;
    auto* setup = order ? std::get_if<StoreSetup>(&*order) : nullptr;
    if (!setup) return first ? 1 : 0;
    // Said from the history's threads. Whoever does not read it is told nothing, and not waited for.
    const auto say = [socket](const StoreReport& report) {
        const auto frame = encode(report);
        send(socket, frame.data(), frame.size(), MSG_NOSIGNAL);
    };
    History history{
        std::move(setup->options),
        std::move(setup->boot_id),
        {.state = [&say](const std::string& why) { say(StoreState{why}); },
         .remembered = [&say](std::vector<Remembered>&& rows) { say(StoreMemory{std::move(rows)}); }}};
    while (const auto frame = read_frame(socket)) {
        auto next = decode_store_order(*frame);
        if (!next) return 1;
        std::visit(Take{history}, *std::move(next));
    }
    return history.drain(last_patience) ? 0 : 1;
}

} // namespace dmev
