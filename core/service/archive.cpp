// SPDX-License-Identifier: Apache-2.0
#include "service/archive.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/log.hpp"
#include "model/event_json.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t rows_of_one = 1000; // remembered, in one frame
constexpr std::size_t most_said = 100;    // as they are, in one turn of the loop
constexpr auto for_a_successor = 60s;     // of who left; at shutdown none comes

} // namespace

Archive::Archive(Loop& loop, StoreSetup setup, Ports ports, std::chrono::milliseconds try_again)
    : loop_(loop), setup_(std::move(setup)), ports_(std::move(ports)), try_again_(try_again) {
    connect();
}

Archive::~Archive() {
    loop_.cancel(again_);
    loop_.cancel(soon_);
    if (socket_) loop_.forget(socket_.get());
}

void Archive::event(const Event& event) { say_later(event); }

void Archive::decision(Time time, std::string event_id, std::string json) {
    say_later(StoreDecision{time, std::move(event_id), std::move(json)});
}

void Archive::remember(std::vector<Remembered> changes) {
    if (!changes.empty()) say_later(StoreRemember{std::move(changes)});
}

// An event is to be acted upon before it is put into words here.
void Archive::say_later(std::variant<Event, StoreOrder> what) {
    said_.push_back(std::move(what));
    if (said_.size() >= most_said) put_said();
    flush_soon();
}

void Archive::put_said() {
    for (const auto& what : std::exchange(said_, {})) {
        if (const auto* event = std::get_if<Event>(&what)) {
            send(StoreEvent{event_json(*event)});
            continue;
        }
        const auto& order = std::get<StoreOrder>(what);
        std::holds_alternative<StoreRemember>(order) ? send_rows(order) : send(order);
    }
}

// Never lost: where there is no room, the last of each key waits beside the queue.
void Archive::send_rows(const StoreOrder& order) {
    if (late_.empty() && put(encode(order))) return;
    for (const auto& [kind, key, value] : std::get<StoreRemember>(order).changes)
        late_.insert_or_assign({kind, key}, value);
}

void Archive::earlier_settled() {
    settled_ = true;
    put_said();
    put(encode(StoreOrder{StoreSettled{}}), true);
    flush_soon();
}

void Archive::limit(std::chrono::seconds keep, std::uint64_t max_size) {
    setup_.options.keep = keep;
    setup_.options.max_size = max_size;
    put_said();
    put(encode(StoreOrder{StoreLimits{keep, max_size}}), true);
    flush_soon();
}

void Archive::connect() {
    again_ = 0;
    auto process = ports_.process();
    if (!process) return gone(process.error().text());
    socket_ = std::move(*process);
    in_ = FrameBuffer{};
    // What the last one was given and did not write is lost with it; a frame that it had in part comes whole.
    // What it was still to be told first is said anew.
    sent_ = 0;
    watching_out_ = true;
    if (auto r = loop_.watch(socket_.get(), EPOLLIN | EPOLLOUT, [this](std::uint32_t e) { on_ready(e); });
        !r) {
        socket_.reset();
        return gone(r.error().text());
    }
    greet();
}

// The setup, and everything that is remembered, in front of what still waits; what the last process was not
// told of the like is old.
void Archive::greet() {
    for (; greeting_ > 0; --greeting_) {
        waiting_ -= out_.front().size();
        out_.pop_front();
    }
    std::vector<StoreOrder> orders{setup_};
    auto rows = ports_.everything ? ports_.everything() : std::vector<Remembered>{};
    for (auto& row : rows) {
        if (orders.size() == 1 || std::get<StoreRemember>(orders.back()).changes.size() == rows_of_one)
            orders.push_back(StoreRemember{});
        std::get<StoreRemember>(orders.back()).changes.push_back(std::move(row));
    }
    greeting_ = orders.size();
    for (; !orders.empty(); orders.pop_back()) {
        out_.push_front(encode(orders.back()));
        waiting_ += out_.front().size();
    }
}

bool Archive::put(std::string frame, bool always) {
    if (frame.empty() || (!always && waiting_ + frame.size() > most_waiting)) return false;
    waiting_ += frame.size();
    out_.push_back(std::move(frame));
    return true;
}

void Archive::send(const StoreOrder& order) {
    if (lost_ > 0 && put(encode(StoreOrder{StoreLost{lost_}}))) lost_ = 0;
    if (lost_ > 0 || !put(encode(order))) ++lost_;
}

void Archive::flush_soon() {
    if (soon_ != 0) return;
    soon_ = loop_.after({}, [this] {
        soon_ = 0;
        flush();
    });
}

// When all that waited is gone.
void Archive::put_late() {
    if (lost_ > 0 && put(encode(StoreOrder{StoreLost{lost_}}))) lost_ = 0;
    StoreRemember remember;
    for (auto it = late_.begin(); it != late_.end() && remember.changes.size() < rows_of_one;
         it = late_.erase(it))
        remember.changes.push_back({it->first.first, it->first.second, std::move(it->second)});
    if (!remember.changes.empty()) put(encode(StoreOrder{std::move(remember)}));
}

void Archive::flush() {
    put_said();
    while (socket_) {
        if (out_.empty()) put_late();
        if (out_.empty()) break;
        const auto& frame = out_.front();
        const auto n =
            ::send(socket_.get(), frame.data() + sent_, frame.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) return; // its end is told by the loop
        sent_ += static_cast<std::size_t>(n);
        if (sent_ < frame.size()) continue;
        waiting_ -= frame.size();
        out_.pop_front();
        sent_ = 0;
        if (greeting_ > 0) --greeting_;
    }
    const bool wants_out = !out_.empty();
    if (!socket_ || wants_out == watching_out_) return;
    watching_out_ = wants_out;
    if (auto r = loop_.change(socket_.get(), wants_out ? EPOLLIN | EPOLLOUT : EPOLLIN); !r)
        log::debug("history: {}", r.error().text());
}

void Archive::on_ready(std::uint32_t events) {
    char buffer[65536];
    for (;;) {
        const auto n = recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) return gone("the process that writes it has ended");
        in_.add({buffer, static_cast<std::size_t>(n)});
        while (auto frame = in_.next()) {
            auto said = decode_store_report(*frame);
            if (!said) return gone("the process that writes it talks nonsense");
            report(*std::move(said));
        }
        if (in_.broken()) return gone("the process that writes it talks nonsense");
    }
    if (events & EPOLLOUT) flush();
}

void Archive::gone(const std::string& why) {
    if (socket_) loop_.forget(socket_.get());
    socket_.reset();
    if (Loop::Clock::now() >= quiet_until_) report(StoreState{why});
    again_ = loop_.after(try_again_, [this] { connect(); });
}

void Archive::report(StoreReport&& said) {
    if (auto* memory = std::get_if<StoreMemory>(&said))
        // Once is enough, though the process that was told so may not have come to forget it.
        return settled_ ? earlier_settled() : ports_.remembered(std::move(memory->rows));
    if (std::holds_alternative<StoreLeaving>(said)) {
        quiet_until_ = Loop::Clock::now() + for_a_successor;
        return;
    }
    auto& why = std::get<StoreState>(said).why;
    if (why == why_) return;
    why_ = std::move(why);
    ports_.state(why_);
}

bool Archive::drain(std::chrono::milliseconds patience) {
    loop_.cancel(std::exchange(again_, 0));
    loop_.cancel(std::exchange(soon_, 0));
    put_said();
    if (!socket_) return out_.empty() && late_.empty() && lost_ == 0;
    loop_.forget(socket_.get());
    const auto until = Loop::Clock::now() + patience;
    bool closed = false;
    for (;;) {
        flush();
        if (out_.empty() && !std::exchange(closed, true)) shutdown(socket_.get(), SHUT_WR);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Loop::Clock::now()).count();
        pollfd ready{socket_.get(), static_cast<short>(out_.empty() ? POLLIN : POLLIN | POLLOUT), 0};
        if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0) return false;
        if (!(ready.revents & (POLLIN | POLLHUP | POLLERR))) continue;
        char buffer[4096];
        const auto n = recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return closed;
    }
}

} // namespace dmev
