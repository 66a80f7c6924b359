// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/un.h>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/loop.hpp"

namespace dmev {

// Tells the service manager how we are, if one listens ($NOTIFY_SOCKET, as sd_notify(3) describes it).
// Never blocks, opens nothing after its start, and is silent where nobody listens.
class Notify {
 public:
    // Takes the manager's variables out of the environment. REQUIRES: single-threaded.
    static Notify from_environment();
    Notify(Notify&&) = default;
    Notify& operator=(Notify&&) = delete;

    bool listened_to() const { return static_cast<bool>(socket_); }
    void ready(std::string_view status = {});
    void reloading(); // until the next ready()
    void stopping();
    void status(std::string_view text); // one line; told when it is another than before
    void alive();
    // How long silence is borne; none: there is no watchdog.
    std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

 private:
    Notify() = default;
    bool tell(std::string_view text);
    void say(std::string text); // one that is not taken in now is said before the next
    bool say_owed();

    Fd socket_;
    sockaddr_un address_{};
    socklen_t size_ = 0;
    std::optional<std::chrono::microseconds> watchdog_;
    std::string status_;
    std::deque<std::string> owed_; // what the manager waits for, and had no room for
};

// Lets the loop itself say that it turns, twice as often as it is asked for. Both outlive this.
class Watchdog {
 public:
    Watchdog(Loop& loop, Notify& notify);
    ~Watchdog() { loop_.cancel(timer_); }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

 private:
    void turn();
    Loop& loop_;
    Notify& notify_;
    Loop::TimerId timer_ = 0;
};

} // namespace dmev
