// SPDX-License-Identifier: Apache-2.0
#include "source/reader_pool.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/log.hpp"

namespace dmev {
namespace {

constexpr auto refill_pause = std::chrono::seconds{1};

// What one reader may have been asked: it goes on without waiting for us, and we take in several answers at
// a time.
constexpr std::size_t in_advance = 16;

// To be woken takes longer than to take in an answer: of many, those of so long are taken in at a time.
constexpr auto hearing_pause = std::chrono::milliseconds{1};

// Requests are small and few: they always fit the socket's buffer.
bool send_whole(int fd, const std::string& frame) {
    return send(fd, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(frame.size());
}

} // namespace

ReaderPool::ReaderPool(Launcher& launcher, const ReaderSetup& setup, std::size_t readers)
    : launcher_(launcher), setup_(encode(setup)), wanted_(std::max<std::size_t>(readers, 1)) {}

ReaderPool::~ReaderPool() {
    if (!loop_) return;
    for (const auto& [fd, reader] : readers_) loop_->forget(fd);
    loop_->cancel(pause_);
    loop_->cancel(hearing_);
}

Result<> ReaderPool::start(Loop& loop, Handlers handlers) {
    loop_ = &loop;
    handlers_ = std::move(handlers);
    while (usable() < wanted_)
        if (auto added = add(); !added) return added;
    return {};
}

Result<> ReaderPool::add() {
    auto started = launcher_.new_reader();
    if (!started) return std::move(started).error();
    const int fd = started->socket.get();
    if (!send_whole(fd, setup_)) return errno_error("cannot talk to a new reader", "", errno);
    if (auto watched = loop_->watch(fd, EPOLLIN, [this, fd](std::uint32_t) { on_readable(fd); }); !watched)
        return watched;
    log::debug("reader {} started", started->pid);
    auto& reader = readers_[fd];
    reader.pid = started->pid;
    reader.socket = std::move(started->socket);
    return {};
}

std::size_t ReaderPool::usable() const {
    return static_cast<std::size_t>(
        std::count_if(readers_.begin(), readers_.end(), [](const auto& r) { return !r.second.given_up; }));
}

bool ReaderPool::idle() const {
    return std::any_of(readers_.begin(), readers_.end(),
                       [](const auto& r) { return r.second.calls.empty(); });
}

bool ReaderPool::room() const {
    return std::any_of(readers_.begin(), readers_.end(), [](const auto& r) {
        return r.second.calls.size() < (r.second.given_up ? 0 : in_advance);
    });
}

std::map<int, ReaderPool::Reader>::iterator ReaderPool::least_busy() {
    return std::min_element(readers_.begin(), readers_.end(), [](const auto& a, const auto& b) {
        return std::pair{a.second.given_up, a.second.calls.size()} <
               std::pair{b.second.given_up, b.second.calls.size()};
    });
}

bool ReaderPool::ask(const ReadRequest& request) {
    const auto it = least_busy();
    auto& calls = it->second.calls;
    calls.push_back(request.id);
    const bool begins = calls.size() == 1;
    it->second.output += encode(request);
    return begins;
}

void ReaderPool::send() {
    bool many = false;
    for (auto& [fd, reader] : readers_) {
        // One that died meanwhile is seen at the end of its stream.
        if (!reader.output.empty() && !send_whole(fd, std::exchange(reader.output, {})))
            shutdown(fd, SHUT_RDWR);
        many = many || (reader.calls.size() > 1 && !reader.given_up);
    }
    be_woken(!many);
}

void ReaderPool::be_woken(bool by_answers) {
    if (by_answers == (hearing_ == 0)) return;
    for (const auto& [fd, reader] : readers_)
        if (auto changed = loop_->change(fd, by_answers ? EPOLLIN : 0u); !changed)
            log::error("{}", changed.error().text());
    loop_->cancel(std::exchange(hearing_, 0));
    if (by_answers) return;
    hearing_ = loop_->after(hearing_pause, [this] { hear_later(); });
}

void ReaderPool::hear_later() {
    hearing_ = loop_->after(hearing_pause, [this] { hear_later(); });
    hear();
    send(); // perhaps it was the last of them
}

void ReaderPool::hear() {
    std::vector<int> asked;
    for (const auto& [fd, reader] : readers_)
        if (!reader.calls.empty()) asked.push_back(fd);
    for (const int fd : asked)
        if (readers_.contains(fd)) on_readable(fd); // what one said may have removed another
}

void ReaderPool::give_up(std::uint32_t call) {
    for (auto& [fd, reader] : readers_) {
        if (reader.calls.empty() || reader.calls.front() != call) continue;
        reader.given_up = true;
        log::debug("reader {} does not return", reader.pid);
        withdraw({reader.calls.begin() + 1, reader.calls.end()});
        return;
    }
}

void ReaderPool::withdraw(const std::deque<std::uint32_t>& calls) {
    for (const auto call : calls) handlers_.withdrawn(call);
}

void ReaderPool::refill() {
    while (pause_ == 0 && usable() < wanted_) {
        if (const auto added = add(); !added) {
            log::error("{}", added.error().text());
            pause();
        }
    }
}

void ReaderPool::pause() {
    if (pause_ != 0) return;
    pause_ = loop_->after(refill_pause, [this] {
        pause_ = 0;
        handlers_.changed();
    });
}

void ReaderPool::on_readable(int fd) {
    auto& reader = readers_.at(fd);
    char buffer[64 * 1024];
    const auto n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        drop(fd);
        return;
    }
    reader.input.add({buffer, static_cast<std::size_t>(n)});
    std::vector<ReadReply> replies;
    const bool good = take(reader, replies);
    if (good && !reader.calls.empty() && !replies.empty() && !reader.given_up)
        handlers_.begun(reader.calls.front());
    if (reader.calls.empty() && std::exchange(reader.given_up, false) && usable() > wanted_) {
        loop_->forget(fd); // it was replaced
        readers_.erase(fd);
    } else if (!good) {
        log::error("reader {} does not keep to the protocol", reader.pid);
        drop(fd);
    }
    if (!replies.empty()) handlers_.replied(std::move(replies));
}

// All whole answers there are. False: what it says is none.
bool ReaderPool::take(Reader& reader, std::vector<ReadReply>& replies) {
    while (const auto frame = reader.input.next()) {
        auto reply = decode_reply(*frame);
        if (!reply || reader.calls.empty() || reply->id != reader.calls.front()) return false;
        reader.calls.pop_front();
        reader.answered = true;
        replies.push_back(std::move(*reply));
    }
    return !reader.input.broken();
}

void ReaderPool::drop(int fd) {
    const auto it = readers_.find(fd);
    const auto reader = std::move(it->second);
    log::warning("reader {} ended", reader.pid);
    if (!reader.answered) pause(); // do not fork in circles
    loop_->forget(fd);
    readers_.erase(it);
    if (reader.calls.empty()) {
        handlers_.changed();
        return;
    }
    if (!reader.given_up) withdraw({reader.calls.begin() + 1, reader.calls.end()});
    handlers_.lost(reader.calls.front());
}

} // namespace dmev
