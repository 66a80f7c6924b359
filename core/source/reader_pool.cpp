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

// Requests are small and answered one by one: they always fit the socket's buffer.
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
    return std::any_of(readers_.begin(), readers_.end(), [](const auto& r) { return !r.second.call; });
}

void ReaderPool::ask(const ReadRequest& request) {
    const auto it =
        std::find_if(readers_.begin(), readers_.end(), [](const auto& r) { return !r.second.call; });
    it->second.call = request.id;
    // One that died meanwhile is seen at the end of its stream.
    if (!send_whole(it->first, encode(request))) shutdown(it->first, SHUT_RDWR);
}

void ReaderPool::hear() {
    std::vector<int> asked;
    for (const auto& [fd, reader] : readers_)
        if (reader.call) asked.push_back(fd);
    for (const int fd : asked)
        if (readers_.contains(fd)) on_readable(fd); // what one said may have removed another
}

void ReaderPool::give_up(std::uint32_t call) {
    for (auto& [fd, reader] : readers_) {
        if (reader.call != call) continue;
        reader.given_up = true;
        log::debug("reader {} does not return", reader.pid);
    }
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
    const auto frame = reader.input.next();
    if (!frame && !reader.input.broken()) return;
    auto reply = frame ? decode_reply(*frame) : std::nullopt;
    if (!reply || reply->id != reader.call) {
        log::error("reader {} does not keep to the protocol", reader.pid);
        drop(fd);
        return;
    }
    reader.call.reset();
    reader.answered = true;
    if (std::exchange(reader.given_up, false) && usable() > wanted_) {
        loop_->forget(fd); // it was replaced
        readers_.erase(fd);
    }
    handlers_.replied(std::move(*reply));
}

void ReaderPool::drop(int fd) {
    const auto it = readers_.find(fd);
    const auto call = it->second.call;
    log::warning("reader {} ended", it->second.pid);
    if (!it->second.answered) pause(); // do not fork in circles
    loop_->forget(fd);
    readers_.erase(it);
    if (call)
        handlers_.lost(*call);
    else
        handlers_.changed();
}

} // namespace dmev
