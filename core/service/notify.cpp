// SPDX-License-Identifier: Apache-2.0
#include "service/notify.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/io.hpp"
#include "base/log.hpp"

namespace dmev {
namespace {

std::string taken(const char* name) {
    const char* value = std::getenv(name);
    std::string text{value ? value : ""};
    unsetenv(name);
    return text;
}

std::optional<std::uint64_t> number(const std::string& text) {
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return n;
}

// A path, or an abstract name that is written with an @.
socklen_t address_of(const std::string& name, sockaddr_un& address) {
    if (name.size() < 2 || name.size() >= sizeof address.sun_path || (name[0] != '/' && name[0] != '@'))
        return 0;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    const auto head = offsetof(sockaddr_un, sun_path);
    if (name[0] == '/') return static_cast<socklen_t>(head + name.size() + 1);
    address.sun_path[0] = '\0';
    return static_cast<socklen_t>(head + name.size());
}

} // namespace

// sd_notify() would be a library more, which waits for a manager whose queue is full, and looks the socket up
// by its path each time.
Notify Notify::from_environment() {
    Notify notify;
    const auto socket_name = taken("NOTIFY_SOCKET");
    const auto usec = number(taken("WATCHDOG_USEC"));
    const auto pid = taken("WATCHDOG_PID");
    if (socket_name.empty()) return notify;
    notify.size_ = address_of(socket_name, notify.address_);
    if (notify.size_ == 0) {
        log::warning("NOTIFY_SOCKET is neither a path nor an abstract name: nobody is told how we are");
        return notify;
    }
    notify.socket_ = Fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const auto* address = reinterpret_cast<const sockaddr*>(&notify.address_);
    if (notify.socket_ && connect(notify.socket_.get(), address, notify.size_) < 0) {
        log::warning("{}", errno_error("cannot tell the service manager how we are", "", errno).text());
        notify.socket_.reset();
    }
    if (notify.socket_ && usec.value_or(0) > 0 && (pid.empty() || pid == std::to_string(getpid())))
        notify.watchdog_ = std::chrono::microseconds{*usec};
    return notify;
}

void Notify::ready(std::string_view text) {
    if (text.empty()) return say("READY=1");
    status_ = text;
    say(fmt::format("READY=1\nSTATUS={}", text));
}

void Notify::reloading() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    say(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                    std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000));
}

void Notify::stopping() { say("STOPPING=1"); }

void Notify::status(std::string_view text) {
    if (text == status_ || !socket_) return;
    if (say_owed() && tell(fmt::format("STATUS={}", text))) status_ = text;
}

void Notify::alive() {
    if (socket_ && say_owed()) tell("WATCHDOG=1");
}

// False: it is not heard.
bool Notify::tell(std::string_view text) {
    const auto put = [&] {
        return uninterrupted(
            [&] { return send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT); });
    };
    if (put() >= 0) return true;
    if (errno != ECONNREFUSED && errno != ENOTCONN) return false;
    // The manager was started anew.
    const auto* address = reinterpret_cast<const sockaddr*>(&address_);
    return connect(socket_.get(), address, size_) == 0 && put() >= 0;
}

void Notify::say(std::string text) {
    constexpr std::size_t most_owed = 16; // for who reloads us while nobody listens
    if (!socket_ || (say_owed() && tell(text))) return;
    if (owed_.size() == most_owed) owed_.pop_front();
    owed_.push_back(std::move(text));
}

bool Notify::say_owed() {
    for (; !owed_.empty(); owed_.pop_front())
        if (!tell(owed_.front())) return false;
    return true;
}

Watchdog::Watchdog(Loop& loop, Notify& notify) : loop_(loop), notify_(notify) {
    if (notify.watchdog()) turn();
}

void Watchdog::turn() {
    notify_.alive();
    timer_ = loop_.after(*notify_.watchdog() / 2, [this] { turn(); });
}

} // namespace dmev
