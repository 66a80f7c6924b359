// SPDX-License-Identifier: Apache-2.0
#include "service/archive.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/log.hpp"
#include "model/event_json.hpp"

namespace dmev {
namespace {

using namespace std::chrono_literals;

constexpr auto try_again = 5s;

} // namespace

Archive::Archive(Loop& loop, StoreSetup setup, Ports ports)
    : loop_(loop), setup_(std::move(setup)), ports_(std::move(ports)) {
    connect();
}

Archive::~Archive() {
    loop_.cancel(again_);
    if (socket_) loop_.forget(socket_.get());
}

std::string Archive::event_text(const Event& event) { return event_json(event); }

void Archive::decision(Time time, std::string event_id, std::string json) {
    send(StoreDecision{time, std::move(event_id), std::move(json)});
}

void Archive::remember(std::vector<Remembered> changes) {
    if (!changes.empty()) send(StoreRemember{std::move(changes)});
}

void Archive::earlier_settled() { send(StoreSettled{}); }

void Archive::limit(std::chrono::seconds keep, std::uint64_t max_size) {
    setup_.options.keep = keep;
    setup_.options.max_size = max_size;
    send(StoreLimits{keep, max_size});
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
    if (ports_.everything) put_first(StoreRemember{ports_.everything()});
    put_first(setup_);
}

void Archive::put_first(const StoreOrder& order) {
    auto frame = encode(order);
    waiting_ += frame.size();
    out_.push_front(std::move(frame));
}

void Archive::send(const StoreOrder& order) {
    auto frame = encode(order);
    if (frame.empty() || waiting_ + frame.size() > most_waiting) {
        ++lost_;
        return;
    }
    if (lost_ > 0) {
        auto lost = encode(StoreOrder{StoreLost{std::exchange(lost_, 0)}});
        waiting_ += lost.size();
        out_.push_back(std::move(lost));
    }
    waiting_ += frame.size();
    out_.push_back(std::move(frame));
    flush();
}

void Archive::flush() {
    while (socket_ && !out_.empty()) {
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
        while (auto frame = in_.next())
            if (auto said = decode_store_report(*frame)) report(*std::move(said));
    }
    if (events & EPOLLOUT) flush();
}

void Archive::gone(const std::string& why) {
    if (socket_) loop_.forget(socket_.get());
    socket_.reset();
    report(StoreState{why});
    again_ = loop_.after(try_again, [this] { connect(); });
}

void Archive::report(StoreReport&& said) {
    if (auto* memory = std::get_if<StoreMemory>(&said)) return ports_.remembered(std::move(memory->rows));
    auto& why = std::get<StoreState>(said).why;
    if (why == why_) return;
    why_ = std::move(why);
    ports_.state(why_);
}

bool Archive::drain(std::chrono::milliseconds patience) {
    loop_.cancel(std::exchange(again_, 0));
    if (!socket_) return out_.empty();
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
