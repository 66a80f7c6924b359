// SPDX-License-Identifier: Apache-2.0
#include "process/keeper.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/log.hpp"
#include "process/messages.hpp"
#include "process/wire.hpp"

namespace dmev {
namespace {

constexpr std::chrono::seconds start_again{30};
constexpr std::size_t max_lacks = 64, max_lack = 512;

// Paths that together fit a packet; the configuration that names more is no sane one.
bool fits(const std::string& bytes) { return bytes.size() <= max_report; }

} // namespace

std::string encode(const KeepOrder& order) {
    WireWriter out;
    out.put(order.most);
    out.list(order.paths, [&](const auto& path) { out.put(path); });
    return std::move(out).take();
}

std::optional<KeepOrder> decode_keep_order(std::string_view bytes) {
    WireReader in{bytes};
    KeepOrder order;
    order.most = in.get<std::uint64_t>();
    in.list(sizeof(std::uint32_t), [&] { order.paths.push_back(in.text()); });
    if (!in.done()) return std::nullopt;
    return order;
}

std::string encode(const Kept& kept) {
    WireWriter out;
    out.put(kept.files);
    out.put(kept.bytes);
    auto lacks = kept.lacks;
    lacks.resize(std::min(lacks.size(), max_lacks));
    out.list(lacks, [&](const auto& lack) { out.put(std::string_view{lack}.substr(0, max_lack)); });
    return std::move(out).take();
}

std::optional<Kept> decode_kept(std::string_view bytes) {
    WireReader in{bytes};
    Kept kept;
    kept.files = in.get<std::uint32_t>();
    kept.bytes = in.get<std::uint64_t>();
    in.list(sizeof(std::uint32_t), [&] { kept.lacks.push_back(in.text()); });
    if (!in.done()) return std::nullopt;
    return kept;
}

Keeper::Keeper(Loop& loop, Launcher& launcher, Said said)
    : loop_(loop), launcher_(launcher), said_(std::move(said)) {}

Keeper::~Keeper() {
    if (socket_) loop_.forget(socket_.get());
    loop_.cancel(timer_);
}

void Keeper::keep(KeepOrder order) {
    auto bytes = order.paths.empty() ? std::string{} : encode(order);
    while (!fits(bytes)) { // the last are the least
        log::warning("too many programs are named to keep them ready: {} is left out",
                     escape(order.paths.back()));
        order.paths.pop_back();
        bytes = encode(order);
    }
    order_ = std::move(bytes);
    loop_.cancel(std::exchange(timer_, 0));
    if (socket_ && !order_.empty() &&
        send(socket_.get(), order_.data(), order_.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        return;
    if (socket_) loop_.forget(socket_.get()); // one that hangs, or is not needed, ends
    socket_.reset();
    if (!order_.empty()) start();
}

void Keeper::start() {
    timer_ = 0;
    auto child = launcher_.new_keeper();
    if (child) {
        socket_ = std::move(child->socket);
        log::debug("process {} keeps programs ready", child->pid);
        if (send(socket_.get(), order_.data(), order_.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 &&
            loop_.watch(socket_.get(), EPOLLIN, [this](std::uint32_t) { on_readable(); }))
            return void(told_ = false);
        socket_.reset();
    }
    if (!std::exchange(told_, true))
        log::warning("{}; programs start only while their disk can be read",
                     child ? "no process can keep programs ready" : child.error().text());
    timer_ = loop_.after(start_again, [this] { start(); });
}

void Keeper::on_readable() {
    char buffer[max_report];
    const auto n = recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const auto kept = n > 0 ? decode_kept({buffer, static_cast<std::size_t>(n)}) : std::nullopt;
    if (kept) return said_(*kept);
    loop_.forget(socket_.get());
    socket_.reset();
    log::warning("the process that keeps programs ready is gone; it is started again");
    timer_ = loop_.after(start_again, [this] { start(); });
}

} // namespace dmev
