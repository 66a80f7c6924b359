// SPDX-License-Identifier: Apache-2.0
#include "store/store_main.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "base/log.hpp"
#include "model/event_json.hpp"
#include "process/frames.hpp"
#include "process/service_socket.hpp"
#include "store/protocol.hpp"

namespace dmev {
namespace {

// Long enough for a busy disk; one that hangs would keep us for ever.
constexpr std::chrono::milliseconds last_patience{30'000};
constexpr int nice = 5;
constexpr int look_at_least_every = 1000; // ms, while it works: a write that takes too long is found then

enum class End { drained, hung, stopped };

// One dispatcher's history, from its first order to its end.
class Session {
 public:
    explicit Session(int socket) : socket_(socket) {}

    // STOP: readable when it is to end; -1: never.
    End run(int stop) {
        for (bool open = true; open;) {
            pollfd ready[] = {
                {socket_, POLLIN, 0}, {history_ ? history_->fd() : -1, POLLIN, 0}, {stop, POLLIN, 0}};
            poll(ready, 3, history_ && history_->works() ? look_at_least_every : -1);
            if (history_) history_->dispatch();
            if (ready[0].revents != 0) open = take();
            if (ready[2].revents == 0) continue;
            say(StoreLeaving{});
            return drain(End::stopped);
        }
        return drain(End::drained);
    }
    bool understood() const { return understood_; }

    void operator()(StoreSetup&& setup) {
        if (history_) return; // only the first counts
        history_.emplace(
            std::move(setup.options), std::move(setup.boot_id),
            History::Sink{
                .state = [this](const std::string& why) { say(StoreState{why}); },
                .remembered = [this](std::vector<Remembered>&& rows) { say(StoreMemory{std::move(rows)}); }});
    }
    void operator()(StoreEvent&& event) {
        if (const auto parsed = parse_event(event.json))
            history_->event(*parsed);
        else
            history_->lost(1);
    }
    void operator()(StoreDecision&& decision) {
        history_->decision(decision.time, decision.event_id, std::move(decision.json));
    }
    void operator()(StoreRemember&& remember) { history_->remember(std::move(remember.changes)); }
    void operator()(StoreLost&& lost) { history_->lost(lost.rows); }
    void operator()(StoreSettled&&) { history_->earlier_settled(); }
    void operator()(StoreLimits&& limits) { history_->limit(limits.keep, limits.max_size); }

 private:
    // Takes in what is there; false when the other end has closed, or sent nonsense.
    bool take() {
        char buffer[65536];
        const auto n = recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        in_.add({buffer, static_cast<std::size_t>(n)});
        while (auto frame = in_.next()) {
            auto order = decode_store_order(*frame);
            understood_ = order && (history_ || std::holds_alternative<StoreSetup>(*order));
            if (!understood_) return false;
            std::visit(*this, *std::move(order));
        }
        understood_ = !in_.broken();
        return n > 0 && understood_;
    }
    void say(const StoreReport& report) const { write_frame(socket_, encode(report)); }
    End drain(End end) { return !history_ || history_->drain(last_patience) ? end : End::hung; }

    int socket_;
    FrameBuffer in_;
    std::optional<History> history_;
    bool understood_ = true;
};

// History is never urgent: it must not keep a processor from what is being started.
void step_back() { setpriority(PRIO_PROCESS, 0, nice); }

} // namespace

int store_main(int socket) {
    step_back();
    Session session{socket};
    return session.run(-1) == End::drained && session.understood() ? 0 : 1;
}

Result<> serve_history(int listening, const std::function<void()>& ready) {
    const auto signals = ending_signals();
    if (!signals) return signals.error();
    step_back();
    ready();
    for (;;) {
        pollfd watched[] = {{signals->get(), POLLIN, 0}, {listening, POLLIN, 0}};
        if (poll(watched, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return errno_error("cannot listen", "", errno);
        }
        if (watched[0].revents != 0) return {};
        if ((watched[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
            return errno_error("cannot listen", "", EPIPE);
        const Fd connection{accept4(listening, nullptr, nullptr, SOCK_CLOEXEC)};
        if (!connection && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
            log::error("{}", errno_error("cannot serve a connection", "", errno).text());
            poll(watched, 1, look_at_least_every); // it waits still: not to turn in circles
        }
        if (!connection || !may_ask(connection.get())) continue;
        const auto end = Session{connection.get()}.run(signals->get());
        if (end == End::stopped) return {};
        // A thread that hangs in the disk is no company for the next one.
        if (end == End::hung)
            return Error{ErrorKind::failed, "the history", "", "its disk has not taken all of it", ""};
    }
}

} // namespace dmev
